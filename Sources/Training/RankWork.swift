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
    /// For hybrid parallelism: the model with its linear layers divided over the ranks.
    let divided: DividedModel?
    /// The samples that are evaluated together.
    private let chunk: Int

    /// Samples up to which micro-batches are put together: more would take more memory and save nothing.
    private static let mostGroupSamples = 256

    /// Samples that are evaluated together from which on laying weights out for each of these chunks costs little.
    private static let chunkWorthPreparing = 64

    /// - Throws: as `Model.resolvedLayers()` and, for hybrid parallelism, `DividedModel`.
    init(
        _ experiment: Experiment, _ placement: ParameterPlacement = .replicated, partition: BatchPartition, rank: Int
    ) throws {
        let model = try experiment.resolvedModel()
        divided = placement == .hybrid ? try DividedModel(model, parts: partition.ranks) : nil
        let mine = partition.microBatches(ofRank: rank)
        let hasBatchNorm = try model.hasBatchNorm
        var count = max(1, Self.mostGroupSamples / partition.largestMicroBatch)
        // The linear layers wait for all activations, so that nothing is saved by fewer at a time.
        if divided != nil { count = mine.count }
        // With statistics over the global batch, a rank holds its whole share at once.
        if hasBatchNorm { count = experiment.syncBatchNorm ? mine.count : 1 }
        // Each is a term of its own in the sum.
        if experiment.reproducible { count = 1 }
        groups = stride(from: mine.lowerBound, to: mine.upperBound, by: count).map { $0..<min($0 + count, mine.upperBound) }
        chunk = Evaluator.chunk(for: experiment)
        groupSamples = (groups.map(\.count).max() ?? 0) * partition.largestMicroBatch
        // What stands in front of divided linear layers never evaluates.
        options = Plan.Options(
            experiment, capacity: max(groupSamples, chunk), evaluationCapacity: chunk,
            preparesForEachPass: groups.count == 1 && (divided != nil || chunk >= Self.chunkWorthPreparing))
    }

    /// What the plan of the whole network is compiled for: where linear layers are divided, that only evaluates.
    var wholeOptions: Plan.Options {
        var options = options
        if divided != nil { (options.capacity, options.preparesForEachPass) = (chunk, chunk >= Self.chunkWorthPreparing) }
        return options
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
