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

    /// Collective over the world. A world of one rank takes plain memory and exchanges nothing.
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
        let mine = partition.microBatches(ofRank: world?.rank ?? 0)
        partialSums = [mine]
        if let world, world.size > 1, execution.exchange == .tree {
            let buckets = ExchangeBucket.cutting(
                trainedCount: layout.trainedCount, arenaCount: layout.arenaCount, byteCount: execution.bucketSize)
            let exchange = try GradientExchange(world: world, floats: layout.arenaCount, buckets: buckets)
            outline.sum = .tree(overlapped: execution.overlap)
            outline.buckets = buckets.map(\.range)
            gradientSlots = exchange.slots.compactMap { slot in
                slot.baseAddress.map { AlignedFloats(borrowing: $0, count: slot.count) }
            }
            self.buckets = GradientBuckets(gradients: exchange, parameters: nil)
        } else {
            outline.sum = (world?.size ?? 1) > 1 ? .mpi : .none
            gradientSlots = [AlignedFloats(count: layout.arenaCount)]
            buckets = nil
        }
        program = StepProgram(compiling: outline)
    }
}
