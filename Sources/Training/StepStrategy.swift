import Datasets
import Kernels
import MPI
import Networks
import Parallelism
import Timing

/// How a rank keeps in step with the others: where its gradients stand, what carries them, and the program of its steps.
struct StepStrategy {
    let program: StepProgram
    let storage: StateStorage
    /// Nil where nothing travels in buckets: on one rank, and by MPI_Allreduce.
    let buckets: GradientBuckets?
    /// The micro-batches whose sum stands in each slot at last.
    let partialSums: [Range<Int>]
    /// Nil where every rank has all layers whole.
    let hybrid: HybridNetwork?
    /// Of what stands in the arenas.
    let layout: ParameterLayout
    /// Whether each rank updates a part of what all hold and has that part of the optimiser's state alone: the same on all ranks, whatever
    /// their parts are. One of them may well be the whole.
    var sharesOutUpdates: Bool { buckets?.parameters != nil }
    /// What carries gradients, as a record of steps tells it.
    var exchangeMethod: StepRecord.Exchange.Method {
        if buckets != nil { return .tree }
        return program.operations.contains { if case .exchange(.gradients) = $0 { true } else { false } } ? .mpi : .none
    }

    /// Collective over the world. A world of one rank takes plain memory and exchanges nothing, unless values are to be rounded.
    ///
    /// - Parameters:
    ///   - exchangesGradients: false for a step whose gradients stay on their ranks, to be measured.
    ///   - asOneOfMany: true for a world of one rank that goes by the program of several, and gives its buckets to nobody.
    ///   - world: nil for one rank without MPI.
    init(
        _ experiment: Experiment, _ execution: Execution, exchangesGradients: Bool = true, asOneOfMany: Bool = false,
        partition: BatchPartition, plan: Plan, work: RankWork, world: Communicator?
    ) throws {
        let hybrid: HybridNetwork? =
            if let divided = work.divided, let world {
                try HybridNetwork(
                    divided, experiment, scheme: execution.scheme, partition: partition, work: work, world: world)
            } else { nil }
        self.hybrid = hybrid
        let network = hybrid?.fronts.first ?? plan
        let layout = network.layout
        self.layout = layout
        var outline = StepOutline(network: NetworkOutline(network), groups: work.groups)
        outline.linear = hybrid?.outline
        outline.synchronisesBatchNorm = experiment.syncBatchNorm
        outline.updatesAtOnce = experiment.optimiser.needsWholeGradient
        let rank = world?.rank ?? 0
        let terms = Self.terms(of: experiment, partition, rank: rank)
        outline.merges = terms?.merges
        partialSums = terms?.results ?? [partition.microBatches(ofRank: rank)]
        let isAlone = world?.size ?? 1 == 1 && !asOneOfMany
        if let world, exchangesGradients, !isAlone || experiment.wire != .fp32, execution.exchange == .tree {
            let buckets = ExchangeBucket.cutting(
                from: hybrid?.outline.parameterCount ?? 0, trainedCount: layout.trainedCount, arenaCount: layout.arenaCount,
                byteCount: execution.bucketSize, wire: experiment.wire)
            let gradients = try GradientExchange(
                world: world, floats: layout.arenaCount,
                terms: experiment.reproducible ? (0..<world.size).map(partition.microBatches(ofRank:)) : nil, buckets: buckets)
            outline.sum = .tree(overlapped: execution.overlap)
            outline.buckets = buckets.map(\.range)
            var parameters: GradientExchange?
            if execution.parallelism == .sharded {
                // Those of statistics do not travel: every rank updates all of them.
                let trained = buckets.filter { $0.range.upperBound <= layout.trainedCount }
                parameters = try GradientExchange(world: world, floats: layout.arenaCount, buckets: trained)
                outline.ownedRanges = buckets.indices.map(gradients.ownedRange(of:))
            }
            let exchanges = GradientBuckets(gradients: gradients, parameters: parameters)
            storage = StateStorage(arenaCount: layout.arenaCount, in: exchanges, owned: outline.ownedRanges)
            self.buckets = exchanges
        } else {
            outline.sum = exchangesGradients && !isAlone ? .mpi : .none
            storage = StateStorage(
                arenaCount: layout.arenaCount, gradientSlots: Self.gradientSlots(of: experiment, partition, rank: rank))
            buckets = nil
        }
        program = StepProgram(compiling: outline)
    }

    /// Gives back what belongs to all ranks; collective.
    func free() throws {
        try buckets?.free()
        try hybrid?.linear.free()
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
