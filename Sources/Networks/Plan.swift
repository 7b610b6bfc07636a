import Diagnostics
import Kernels
import Random

/// The samples whose gradient is one term of the step's sum.
public struct MicroBatch {
    /// [count, H, W, C].
    public var images: UnsafePointer<Float>
    /// [count], each in 0 ..< classes.
    public var labels: UnsafePointer<Int32>
    public var count: Int
    /// The place of its first sample in the global batch: with the step it keys every random draw.
    public var firstSample: Int
    /// Samples that BatchNorm takes its statistics over: `count`, or those of the global batch where ranks add up their sums.
    public var statisticsCount: Int

    /// - Parameter statisticsCount: nil for `count`.
    public init(
        images: UnsafePointer<Float>, labels: UnsafePointer<Int32>, count: Int, firstSample: Int, statisticsCount: Int? = nil
    ) {
        self.images = images
        self.labels = labels
        self.count = count
        self.firstSample = firstSample
        self.statisticsCount = statisticsCount ?? count
    }
}

/// Which way through the network.
public enum Direction: String, Sendable {
    case forward
    case backward
}

/// What training makes small.
public enum Loss: Sendable, Equatable {
    /// Softmax cross-entropy, with label smoothing 0 ≤ α < 1.
    case softmax(labelSmoothing: Double)
    /// The mean over classes of the squared distance from the one-hot target.
    case euclidean
}

/// A model compiled for micro-batches of up to `capacity` samples: every buffer known and allocated, nothing allocated afterwards.
///
/// Parameters and gradients are handed in; a plan owns only activations and scratch.
public final class Plan {
    public let model: Model
    public let loss: Loss
    public let layout: ParameterLayout
    public let capacity: Int
    private let layers: [any CompiledLayer]
    /// Where its BatchNorm layers stand in `layers`: between them lie the segments that run without sums over other ranks.
    private let batchNorms: [(place: Int, layer: BatchNormLayer)]
    private let activations: AlignedFloats
    private let scratch: AlignedFloats
    private let prepared: AlignedFloats
    /// The parameters that weights were laid out from last.
    private var preparedParameters: UnsafePointer<Float>?
    /// The buffers that gradients of activations take turns in, and their addresses side by side.
    private let gradients: [AlignedFloats]
    private let gradientBases: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    private let outputs: Place
    private let outputsGradient: GradientPlace

    /// What a plan takes, in bytes.
    public struct Size: Sendable, Equatable {
        /// Activations and their gradients, for each sample of its capacity.
        public let perSample: Int
        /// Scratch, and weights as kernels lay them out.
        public let fixed: Int
        /// One arena: parameters, or gradients, or a state of the optimiser; handed in, not the plan's own.
        public let arena: Int
    }

    /// - Throws: as `Model.resolvedLayers()`.
    public static func size(of model: Model, convolution: ConvolutionPolicy = .automatic) throws -> Size {
        let resolved = try model.resolvedLayers()
        let layout = ParameterLayout(resolved)
        var compiler = Compiler(capacity: 1, layout: layout, convolution: convolution)
        _ = compiler.compile(resolved)
        let float = MemoryLayout<Float>.stride
        return Size(
            perSample: (compiler.activationCount + compiler.gradientCounts.reduce(0, +)) * float + compiler.maskCount,
            fixed: (compiler.scratchCount + compiler.preparedCount) * float, arena: layout.arenaCount * float)
    }

    /// - Parameter fuses: whether neighbouring layers become one where that saves a pass over memory; no value changes by it.
    /// - Throws: `Failure.usage` naming the layer, the shape that came and the one it can take, where the model does not fit together.
    public init(
        model: Model, loss: Loss = .softmax(labelSmoothing: 0), capacity: Int, convolution: ConvolutionPolicy = .automatic,
        fuses: Bool = true
    ) throws {
        require(capacity > 0, "a plan is for at least one sample, not \(capacity)")
        // A rank is one core; and more threads would add up in another order.
        BLAS.setThreadCount(1)
        let resolved = try model.resolvedLayers()
        self.model = model
        self.loss = loss
        self.capacity = capacity
        layout = ParameterLayout(resolved)
        var compiler = Compiler(capacity: capacity, layout: layout, convolution: convolution, fuses: fuses)
        (outputs, outputsGradient) = compiler.compile(resolved)
        layers = compiler.layers
        batchNorms = layers.enumerated().compactMap { place, layer in (layer as? BatchNormLayer).map { (place, $0) } }
        activations = AlignedFloats(count: compiler.activationCount * capacity)
        scratch = AlignedFloats(count: compiler.scratchCount)
        prepared = AlignedFloats(count: compiler.preparedCount)
        gradients = compiler.gradientCounts.map { AlignedFloats(count: $0 * capacity) }
        gradientBases = .allocate(capacity: gradients.count)
        for (index, buffer) in gradients.enumerated() { (gradientBases + index).initialize(to: buffer.base) }
    }

    deinit { gradientBases.deallocate() }

    /// How a forward pass is run: training draws dropout's choices, keyed by seed and step; evaluation has none.
    public enum Mode: Sendable {
        case evaluation
        case training(seed: UInt64, step: Int)
    }

    /// Lays weights out as the kernels want them; to be called whenever `parameters` have changed, before the next forward pass.
    public func prepare(parameters: UnsafePointer<Float>) {
        for layer in layers { layer.prepare(parameters: parameters, into: prepared.base) }
        preparedParameters = parameters
    }

    /// Computes the outputs of `batch`, adds its loss and hits to `figures`, and in training prepares the loss's gradient.
    public func forward(_ batch: MicroBatch, parameters: UnsafePointer<Float>, mode: Mode, figures: inout Figures) {
        let pass = self.pass(batch, parameters: parameters, gradients: nil, mode: mode)
        for layer in layers { layer.forward(pass) }
        score(pass, figures: &figures)
    }

    /// Adds the gradient of the summed loss of `batch` to `gradients`, and its share of the running statistics' sums; to be called right
    /// after its forward pass in training.
    public func backward(
        _ batch: MicroBatch, parameters: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>, mode: Mode
    ) {
        let pass = self.pass(batch, parameters: parameters, gradients: gradients, mode: mode)
        for layer in layers.reversed() { layer.backward(pass) }
    }

    /// Parts of the network that run one after another with a sum over ranks in between: one more than BatchNorm layers.
    public var segmentCount: Int { batchNorms.count + 1 }

    /// The sums that BatchNorm layer `index` (from 0) has taken of this rank's samples when a segment that leads to it has run, forward or
    /// backward; to be added up over all ranks in place.
    public func statistics(_ index: Int) -> UnsafeMutableBufferPointer<Double> { batchNorms[index].layer.sums }

    /// The forward pass through one segment; segments run in order. The last one ends as `forward` does.
    public func forward(
        _ batch: MicroBatch, segment: Int, parameters: UnsafePointer<Float>, mode: Mode, figures: inout Figures
    ) {
        let pass = self.pass(batch, parameters: parameters, gradients: nil, mode: mode)
        if segment > 0 { batchNorms[segment - 1].layer.finish(.forward, pass) }
        for layer in layers[places(ofSegment: segment)] { layer.forward(pass) }
        if segment < batchNorms.count { batchNorms[segment].layer.begin(.forward, pass) } else { score(pass, figures: &figures) }
    }

    /// The backward pass through one segment; segments run from the last to the first.
    public func backward(
        _ batch: MicroBatch, segment: Int, parameters: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>, mode: Mode
    ) {
        let pass = self.pass(batch, parameters: parameters, gradients: gradients, mode: mode)
        if segment < batchNorms.count { batchNorms[segment].layer.finish(.backward, pass) }
        for layer in layers[places(ofSegment: segment)].reversed() { layer.backward(pass) }
        if segment > 0 { batchNorms[segment - 1].layer.begin(.backward, pass) }
    }

    private func places(ofSegment segment: Int) -> Range<Int> {
        let start = segment > 0 ? batchNorms[segment - 1].place + 1 : 0
        return start..<(segment < batchNorms.count ? batchNorms[segment].place : layers.count)
    }

    /// Loss, hits and, in training, the loss's gradient of what the layers have put out.
    private func score(_ pass: Pass, figures: inout Figures) {
        let classes = model.classes
        let batch = pass.batch
        for sample in 0..<batch.count {
            let row = pass[outputs] + sample * classes
            let label = Int(batch.labels[sample])
            let gradient: UnsafeMutablePointer<Float>? =
                if case .training = pass.mode { pass[outputsGradient] + sample * classes } else { nil }
            let value =
                switch loss {
                case .softmax(let smoothing):
                    SoftmaxCrossEntropy.sample(
                        classes: classes, logits: row, label: label, smoothing: smoothing, gradient: gradient)
                case .euclidean: EuclideanLoss.sample(classes: classes, outputs: row, label: label, gradient: gradient)
                }
            if !figures.loss.add(value) { figures.nonFinite += 1 }
            if SoftmaxCrossEntropy.prediction(classes: classes, logits: row) == label { figures.correct += 1 }
        }
        figures.samples += batch.count
    }

    /// The outputs of the last forward pass: [count, classes].
    public func logits(count: Int) -> UnsafeBufferPointer<Float> {
        guard case .activation(let offset) = outputs else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: activations.base + offset * capacity, count: count * model.classes)
    }

    private func pass(
        _ batch: MicroBatch, parameters: UnsafePointer<Float>, gradients parameterGradients: UnsafeMutablePointer<Float>?,
        mode: Mode
    ) -> Pass {
        require(batch.count <= capacity, "a micro-batch of \(batch.count) samples in a plan for \(capacity)")
        require(preparedParameters == parameters, "a pass with other parameters than those that weights were prepared from")
        return Pass(
            batch: batch, mode: mode, capacity: capacity, parameters: parameters, prepared: prepared.base,
            parameterGradients: parameterGradients,
            activations: activations.base, gradients: UnsafePointer(gradientBases), scratch: scratch.base)
    }
}
