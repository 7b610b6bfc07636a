import Datasets
import Kernels
import MPI
import Networks
import Parallelism

/// How a rank keeps in step with the others: where its gradients stand, what carries them, and the program of its steps.
struct StepStrategy {
    let program: StepProgram
    let gradientSlots: [AlignedFloats]
    /// Nil where nothing travels in buckets: on one rank, and by MPI_Allreduce.
    let buckets: GradientBuckets?
    /// The micro-batches whose sum stands in each slot at last.
    let partialSums: [Range<Int>]

    /// Collective over the world. A world of one rank takes plain memory and exchanges nothing, unless values are to be rounded.
    ///
    /// - Parameter world: nil for one rank without MPI.
    init(
        _ experiment: Experiment, _ execution: Execution, partition: BatchPartition, plan: Plan, groups: [Range<Int>],
        world: Communicator?
    ) throws {
        let layout = plan.layout
        var outline = StepOutline(network: NetworkOutline(plan), groups: groups)
        outline.synchronisesBatchNorm = experiment.syncBatchNorm
        outline.updatesAtOnce = experiment.optimiser.needsWholeGradient
        let rank = world?.rank ?? 0
        let terms = Self.terms(of: experiment, partition, rank: rank)
        outline.merges = terms?.merges
        partialSums = terms?.results ?? [partition.microBatches(ofRank: rank)]
        if let world, world.size > 1 || experiment.wire != .fp32, execution.exchange == .tree {
            let buckets = ExchangeBucket.cutting(
                trainedCount: layout.trainedCount, arenaCount: layout.arenaCount, byteCount: execution.bucketSize,
                wire: experiment.wire)
            let exchange = try GradientExchange(
                world: world, floats: layout.arenaCount,
                terms: experiment.reproducible ? (0..<world.size).map(partition.microBatches(ofRank:)) : nil, buckets: buckets)
            outline.sum = .tree(overlapped: execution.overlap)
            outline.buckets = buckets.map(\.range)
            gradientSlots = exchange.slots.compactMap { slot in
                slot.baseAddress.map { AlignedFloats(borrowing: $0, count: slot.count) }
            }
            self.buckets = GradientBuckets(gradients: exchange, parameters: nil)
        } else {
            outline.sum = (world?.size ?? 1) > 1 ? .mpi : .none
            let slots = Self.gradientSlots(of: experiment, partition, rank: rank)
            gradientSlots = (0..<slots).map { _ in AlignedFloats(count: layout.arenaCount) }
            buckets = nil
        }
        program = StepProgram(compiling: outline)
    }

    /// Arenas that a rank's gradients take: one, or as many as its part of the tree keeps at a time.
    static func gradientSlots(of experiment: Experiment, _ partition: BatchPartition, rank: Int) -> Int {
        max(1, terms(of: experiment, partition, rank: rank)?.stackDepth ?? 1)
    }

    /// What a rank adds up of its micro-batches where each is a term of its own; nil where they all go into one.
    private static func terms(
        of experiment: Experiment, _ partition: BatchPartition, rank: Int
    ) -> ReductionTree.Combination? {
        guard experiment.reproducible else { return nil }
        return ReductionTree(terms: partition.microBatches).combination(ofTerms: partition.microBatches(ofRank: rank))
    }
}
