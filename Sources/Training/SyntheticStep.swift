import Datasets
import Diagnostics
import Kernels
import MPI
import Networks
import Parallelism
import Random

/// A training step without files, to be measured: the same program as in training, on a global batch of drawn images that stays the same.
/// Over a world each rank computes its own micro-batches, and the ranks exchange as in training; without one there is no MPI, and where
/// training adds up over ranks nothing is to be done.
public final class SyntheticStep {
    /// What a step's time is divided into.
    public enum Phase: String, Sendable, CaseIterable {
        /// Gradients are cleared, and weights laid out as the kernels want them.
        case prepare
        case forward
        case backward
        /// Figures and gradients are added up over all ranks, which wait here for each other.
        case exchange
        /// The optimiser and the running statistics.
        case update

        /// Those of one step, in order.
        public static func ofStep(exchanging: Bool) -> [Phase] { allCases.filter { exchanging || $0 != .exchange } }
    }

    public let layers: [ResolvedLayer]
    public let globalBatch: Int
    private let rate: Double
    private let program: StepProgram
    private let runner: StepRunner
    private let isAlone: Bool
    /// The positions of the global batch that this rank computes, and their images and labels.
    private let share: Range<Int>
    private let images: AlignedFloats
    private let labels: [Int32]
    private var step = 0

    /// Images are those of their positions in the global batch, at any number of ranks.
    /// - Parameters:
    ///   - recipe: with a described model; data, epochs and everything that hangs on them are left out.
    ///   - exchangesGradients: false leaves replicated gradients where they are, so that ranks come to differ: a step without the exchange.
    ///   - world: nil for one rank without MPI. Collective over it.
    /// - Throws: `Failure.usage`, agreed on by all ranks, where the model does not fit together, the batch cannot be divided so, ways of
    ///   keeping in step do not go together, or memory does not suffice.
    public init(_ recipe: Recipe, exchangesGradients: Bool = true, world: Communicator? = nil) throws {
        let (rank, ranks) = (world?.rank ?? 0, world?.size ?? 1)
        let execution = recipe.execution
        var experiment = recipe.experiment
        if experiment.variableBatch?.passes == nil { experiment.variableBatch?.passes = ranks }
        rate = experiment.optimiser.rate
        globalBatch = experiment.globalBatch
        func prepare() throws -> (BatchPartition, RankWork, Plan) {
            try recipe.validate()
            let partition = try BatchPartition(
                globalBatch: experiment.globalBatch, microBatches: experiment.microBatches, ranks: ranks,
                samples: experiment.globalBatch)
            try MemoryNeed(experiment, execution, partition: partition, rank: rank).check(ranksHere: world?.localSize ?? 1)
            let work = try RankWork(experiment, execution.parallelism, partition: partition, rank: rank)
            return (partition, work, try Plan(experiment, work.wholeOptions))
        }
        let (partition, work, plan) = try world?.agreed(prepare) ?? prepare()
        let model = plan.model
        layers = try model.resolvedLayers()
        let strategy = try StepStrategy(
            experiment, execution, exchangesGradients: exchangesGradients, partition: partition, plan: plan, work: work,
            world: world)
        let state = TrainingState(layout: strategy.layout, optimiser: experiment.optimiser, in: strategy.storage)
        state.layout.initialise(state.parameters.base, seed: experiment.seed)
        program = strategy.program
        isAlone = world == nil
        runner = StepRunner(
            experiment, partition: partition, plan: plan, strategy: strategy, state: state,
            exchange: world.map {
                Exchange(world: $0, plan: plan, gradients: state.gradients, buckets: strategy.buckets, recorder: nil)
            })
        let share = partition.positions(ofRank: rank, inBatchOf: globalBatch)
        self.share = share
        images = AlignedFloats(count: share.count * model.input.count)
        labels = share.map { Int32($0 % model.classes) }
        let generator = CounterGenerator(seed: experiment.seed, purpose: .benchmark)
        let drawn = share.lowerBound * model.input.count..<share.upperBound * model.input.count
        for block in drawn.lowerBound / 4..<(drawn.upperBound + 3) / 4 {
            let values = generator.block(UInt32(truncatingIfNeeded: block), 0, 0).normalFloats
            for index in drawn.clamped(to: 4 * block..<4 * block + 4) {
                images.base[index - drawn.lowerBound] = values[index - 4 * block]
            }
        }
    }

    /// Takes one step; `measure` is given each of its operations with its phase, and must call it. Collective over the world.
    ///
    /// - Throws: what `measure` throws; `Failure(.mpi)` where an exchange fails.
    public func run(_ measure: (_ phase: Phase, _ operation: () throws -> Void) throws -> Void) throws {
        try labels.withUnsafeBufferPointer { labels in
            guard let firstLabel = labels.baseAddress else { return }
            let batch = LocalBatch(
                position: Position(step: step), globalCount: globalBatch, places: share, images: UnsafePointer(images.base),
                labels: firstLabel)
            runner.begin(batch)
            for operation in program.operations {
                let phase = operation.measuredPhase
                if isAlone && phase == .exchange { continue }
                try measure(phase) { try runner.run(operation, on: batch, rate: rate) }
            }
        }
        step += 1
    }

    /// The mean loss of the last step, over all ranks; NaN where it is no finite number.
    public var meanLoss: Double { runner.figures.figures.meanLoss }
}

extension Operation {
    fileprivate var measuredPhase: SyntheticStep.Phase {
        switch self {
        case .clear, .prepare: .prepare
        default:
            switch phase {
            case .forward: .forward
            case .backward: .backward
            case .update: .update
            default: .exchange
            }
        }
    }
}
