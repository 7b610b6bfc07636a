import Kernels
import Networks

/// The floats of all that stands between divided linear layers and their exchanges on one rank of K; for n samples of this rank, m of a pass
/// and M of a global batch, and layers of widths I, …, O.
public struct LinearBufferSizes: Sendable {
    /// n·I
    let share: Int
    /// m·I, and how many such inputs of passes there are at a time.
    let passInputs: Int
    let passInputCount: Int
    /// What a pass returns of this rank's samples, at most: min(n, m)·I
    let returned: Int
    /// m·outputs of each layer.
    let outputs: [Int]
    /// By part.
    private let largestInputSums: [Int]
    let capacity: HybridCapacity

    public init(_ divided: DividedModel, capacity: HybridCapacity, passes: Int) {
        self.capacity = capacity
        largestInputSums = (0..<divided.parts).map { part in
            let neurons = (0..<divided.linearCount - 1).map { divided.neurons(ofLayer: $0, part: part).count }
            return capacity.pass * (neurons.max() ?? 0)
        }
        let widths = (0...divided.linearCount).map(divided.width)
        share = capacity.share * widths[0]
        passInputs = capacity.pass * widths[0]
        passInputCount = min(2, passes)
        returned = min(capacity.share, capacity.pass) * widths[0]
        outputs = widths.dropFirst().map { capacity.pass * $0 }
    }

    /// m·classes
    var outputGradients: Int { outputs.last ?? 0 }
    /// One rank's columns of the widest outputs behind another's.
    var blocks: Int { outputs.max() ?? 0 }

    /// The largest sum over ranks of the gradient of a layer's inputs that a part gets: m·own neurons of the widest layer before the last.
    func largestInputSum(ofPart part: Int) -> Int { largestInputSums[part] }

    /// What others have of a part's blocks while they are summed: K − 1 times what a pass returns, and the sum of a layer's inputs.
    private func terms(ofPart part: Int) -> Int { (largestInputSums.count - 1) * (returned + largestInputSum(ofPart: part)) }

    /// All of them, in bytes, and the labels and places of samples beside them.
    public func bytes(ofPart part: Int) -> Int {
        let ends = 2 * share + (1 + passInputCount) * passInputs + returned
        let floats = ends + outputs.reduce(0, +) + outputGradients + blocks + terms(ofPart: part)
        return floats * MemoryLayout<Float>.stride + (capacity.globalBatch + capacity.pass) * MemoryLayout<Int32>.stride
    }
}
