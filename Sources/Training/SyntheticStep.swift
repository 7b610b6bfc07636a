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
    private let experiment: Experiment
    private let partition: BatchPartition
    private let plan: Plan
    private let state: TrainingState
    private let optimiserStep: OptimiserStep
    private let program: StepProgram
    private let exchange: Exchange?
    /// The positions of the global batch that this rank computes, and their images and labels.
    private let share: Range<Int>
    private let images: AlignedFloats
    private let labels: [Int32]
    private var figures = Figures()
    private var step = 0

    /// SGD at rate 0.01 with momentum 0.9, over softmax cross-entropy. Images are those of their positions in the global batch, at any
    /// number of ranks.
    /// - Parameter world: nil for one rank without MPI. Making a step is not collective, running one is.
    /// - Throws: `Failure.usage` where the model does not fit together, the batch cannot be divided so, or memory does not suffice.
    public init(
        model: Model, globalBatch: Int, microBatches: Int, convolution: ConvolutionPolicy, world: Communicator? = nil
    ) throws {
        let (rank, ranks) = (world?.rank ?? 0, world?.size ?? 1)
        var experiment = Experiment(model: .described(model))
        experiment.globalBatch = globalBatch
        experiment.microBatches = microBatches
        experiment.convolution = convolution
        experiment.optimiser.momentum = 0.9
        try experiment.validate()
        self.experiment = experiment
        self.globalBatch = globalBatch
        let partition = try BatchPartition(
            globalBatch: globalBatch, microBatches: microBatches, ranks: ranks, samples: globalBatch)
        self.partition = partition
        layers = try model.resolvedLayers()
        try MemoryNeed(experiment, partition: partition, rank: rank).check(ranksHere: world?.localSize ?? 1)
        let work = try RankWork(experiment, partition: partition, rank: rank)
        plan = try Plan(experiment, work.options)
        state = TrainingState(layout: plan.layout, optimiser: experiment.optimiser)
        state.layout.initialise(state.parameters.base, seed: experiment.seed)
        optimiserStep = OptimiserStep(optimiser: experiment.optimiser, layout: plan.layout)
        program = .replicated(
            groups: work.groups, trainedCount: plan.layout.trainedCount,
            arenaCount: plan.layout.arenaCount)
        exchange = world.map { [plan, state] in
            Exchange(world: $0, plan: plan, gradients: state.gradients, sums: FigureSums(), recorder: nil)
        }
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
        figures = Figures()
        for operation in program.operations where exchange != nil || operation.phase != .exchange {
            try measure(operation.phase) { try run(operation) }
        }
        step += 1
    }

    /// The mean loss of the last step, over all ranks; NaN where it is no finite number.
    public var meanLoss: Double { figures.meanLoss }

    private func run(_ operation: Operation) throws {
        switch operation {
        case .clear: state.gradients.base.update(repeating: 0, count: state.gradients.count)
        case .prepare: plan.prepare(parameters: state.parameters.base)
        case .compute(let group, let direction): compute(group, direction)
        case .update(let range):
            optimiserStep.update(range, of: state, samples: globalBatch, rate: experiment.optimiser.rate, epoch: 0)
        case .updateStatistics:
            state.layout.updateStatistics(
                parameters: state.parameters.base, gradients: state.gradients.base, samples: globalBatch)
        case .exchange(let collective): try exchange?.run(collective, figures: &figures)
        case .computeStage: fault("a step with BatchNorm's statistics over the global batch cannot be measured")
        }
    }

    private func compute(_ group: Range<Int>, _ direction: Direction) {
        labels.withUnsafeBufferPointer { labels in
            guard let firstLabel = labels.baseAddress else { return }
            let batch = RankWork.samples(
                of: group, partition,
                in: LocalBatch(
                    position: Position(), globalCount: globalBatch, places: share, images: UnsafePointer(images.base),
                    labels: firstLabel),
                imageCount: plan.model.input.count)
            let mode = Plan.Mode.training(seed: experiment.seed, step: step)
            switch direction {
            case .forward: plan.forward(batch, parameters: state.parameters.base, mode: mode, figures: &figures)
            case .backward:
                plan.backward(batch, parameters: state.parameters.base, gradients: state.gradients.base, mode: mode)
            }
        }
    }
}

extension Operation {
    fileprivate var phase: SyntheticStep.Phase {
        switch self {
        case .clear, .prepare: .prepare
        case .compute(_, let direction), .computeStage(_, let direction): direction == .forward ? .forward : .backward
        case .update, .updateStatistics: .update
        case .exchange: .exchange
        }
    }
}
