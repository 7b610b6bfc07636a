import Kernels

/// A tensor of a plan: an activation, the gradient of one, or what a layer keeps from its forward pass for its backward pass.
struct Value: Hashable, Sendable {
    let index: Int

    /// The micro-batch's images, which stand in memory that is handed in.
    static let images = Value(index: 0)
}

/// What a layer reads and writes in one direction; what it changes in place is in both lists.
struct Use {
    var reads: [Value] = []
    var writes: [Value] = []

    var values: [Value] { reads + writes }
}

/// The tensors of a plan, by the bytes that each takes.
struct ValueSizes {
    private var bytes: [Int]
    private var weights: Set<Value> = []
    private var blocked: Set<Value> = []

    init(images: TensorShape) {
        bytes = [images.count * MemoryLayout<Float>.stride]
    }

    /// Adds `count` weights as a kernel lays them out: once for all samples.
    mutating func add(weights count: Int) -> Value {
        let value = add(count)
        weights.insert(value)
        return value
    }

    func isWeights(_ value: Value) -> Bool { weights.contains(value) }

    /// Adds a tensor of `count` elements a sample.
    mutating func add<Element>(_ count: Int, of element: Element.Type = Float.self, _ layout: TensorLayout = .pixels) -> Value {
        bytes.append(count * MemoryLayout<Element>.stride)
        let value = Value(index: bytes.count - 1)
        if layout == .sampleBlocks { blocked.insert(value) }
        return value
    }

    /// How many samples memory for `samples` samples of these values must have room for: whole blocks, where any lies in blocks.
    func room(for samples: Int, of values: some Sequence<Value>) -> Int {
        values.contains(where: blocked.contains) ? SampleBlocks.blocks(samples: samples) * SampleBlocks.lanes : samples
    }

    /// The same for all values of the plan.
    func room(for samples: Int) -> Int { room(for: samples, of: blocked.prefix(1)) }

    var count: Int { bytes.count }

    /// Bytes of one sample, or of weights.
    subscript(value: Value) -> Int { bytes[value.index] }
}
