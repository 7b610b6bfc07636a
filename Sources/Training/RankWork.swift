import Datasets
import Diagnostics
import Networks

/// How one rank goes through its micro-batches: which of them it computes together, and the plan that this takes.
///
/// Where BatchNorm takes each micro-batch's own statistics, each is computed alone. Without BatchNorm, gradients are sums over samples,
/// so that micro-batches differ in nothing but the order of additions: several run as one.
struct RankWork {
    /// Micro-batches that are computed together, in order.
    let groups: [Range<Int>]
    /// Samples of the largest of them.
    let groupSamples: Int
    let options: Plan.Options

    /// Samples up to which micro-batches are put together: more would take more memory and save nothing.
    private static let mostGroupSamples = 256

    /// Samples that are evaluated together from which on laying weights out for each of these chunks costs little.
    private static let chunkWorthPreparing = 64

    /// - Throws: as `Model.resolvedLayers()`.
    init(_ experiment: Experiment, partition: BatchPartition, rank: Int) throws {
        let mine = partition.microBatches(ofRank: rank)
        let hasBatchNorm = try experiment.resolvedModel().hasBatchNorm
        var count = max(1, Self.mostGroupSamples / partition.largestMicroBatch)
        // With statistics over the global batch, a rank holds its whole share at once.
        if hasBatchNorm { count = experiment.syncBatchNorm ? mine.count : 1 }
        // Each is a term of its own in the sum.
        if experiment.reproducible { count = 1 }
        groups = stride(from: mine.lowerBound, to: mine.upperBound, by: count).map { $0..<min($0 + count, mine.upperBound) }
        let chunk = Evaluator.chunk(for: experiment)
        groupSamples = (groups.map(\.count).max() ?? 0) * partition.largestMicroBatch
        options = Plan.Options(
            experiment, capacity: max(groupSamples, chunk), evaluationCapacity: chunk,
            preparesForEachPass: groups.count == 1 && chunk >= Self.chunkWorthPreparing)
    }
}

extension Model {
    fileprivate var hasBatchNorm: Bool {
        get throws {
            try resolvedLayers().flatMap(\.flattened).contains { if case .batchNorm = $0.description { true } else { false } }
        }
    }
}

extension Plan.Options {
    /// For micro-batches of an experiment.
    init(_ experiment: Experiment, capacity: Int, evaluationCapacity: Int? = nil, preparesForEachPass: Bool = false) {
        self.init(
            capacity: capacity, evaluationCapacity: evaluationCapacity, convolution: experiment.convolution,
            kernels: experiment.kernels,
            preparesForEachPass: preparesForEachPass)
    }
}

extension Plan {
    convenience init(_ experiment: Experiment, _ options: Options) throws {
        try self.init(model: try experiment.resolvedModel(), loss: experiment.loss, options)
    }
}
