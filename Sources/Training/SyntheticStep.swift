import Datasets
import Diagnostics
import Kernels
import Networks
import Parallelism
import Random

/// A training step of one rank without MPI and without files, to be measured: the same program as in training, on a global batch of drawn
/// images that stays the same. Where training adds up over ranks, nothing is to be done here.
public final class SyntheticStep {
    /// What a step's time is divided into.
    public enum Phase: String, Sendable, CaseIterable {
        /// Gradients are cleared, and weights laid out as the kernels want them.
        case prepare
        case forward
        case backward
        /// The optimiser and the running statistics.
        case update
    }

    public let layers: [ResolvedLayer]
    public let globalBatch: Int
    private let experiment: Experiment
    private let partition: BatchPartition
    private let plan: Plan
    private let state: TrainingState
    private let optimiserStep: OptimiserStep
    private let program: StepProgram
    private let images: AlignedFloats
    private let labels: [Int32]
    private var figures = Figures()
    private var step = 0

    /// SGD at rate 0.01 with momentum 0.9, over softmax cross-entropy.
    /// - Throws: `Failure.usage` where the model does not fit together, the batch cannot be divided so, or memory does not suffice.
    public init(model: Model, globalBatch: Int, microBatches: Int, convolution: ConvolutionPolicy) throws {
        var experiment = Experiment(model: .described(model))
        experiment.globalBatch = globalBatch
        experiment.microBatches = microBatches
        experiment.convolution = convolution
        experiment.optimiser.momentum = 0.9
        try experiment.validate()
        self.experiment = experiment
        self.globalBatch = globalBatch
        let partition = try BatchPartition(
            globalBatch: globalBatch, microBatches: microBatches, ranks: 1, samples: globalBatch)
        self.partition = partition
        layers = try model.resolvedLayers()
        try MemoryNeed(experiment, partition: partition, rank: 0).check(ranksHere: 1)
        let work = try RankWork(experiment, partition: partition, rank: 0)
        plan = try Plan(experiment, work.options)
        state = TrainingState(layout: plan.layout, optimiser: experiment.optimiser)
        state.layout.initialise(state.parameters.base, seed: experiment.seed)
        optimiserStep = OptimiserStep(optimiser: experiment.optimiser, layout: plan.layout)
        program = .replicated(
            groups: work.groups, trainedCount: plan.layout.trainedCount,
            arenaCount: plan.layout.arenaCount)
        images = AlignedFloats(count: globalBatch * model.input.count)
        labels = (0..<globalBatch).map { Int32($0 % model.classes) }
        let generator = CounterGenerator(seed: experiment.seed, purpose: .benchmark)
        for first in stride(from: 0, to: images.count, by: 4) {
            let values = generator.block(UInt32(truncatingIfNeeded: first / 4), 0, 0).normalFloats
            for lane in 0..<min(4, images.count - first) { images.base[first + lane] = values[lane] }
        }
    }

    /// Takes one step; `measure` is given each of its operations with its phase, and must call it.
    public func run(_ measure: (_ phase: Phase, _ operation: () -> Void) -> Void) {
        figures = Figures()
        for operation in program.operations {
            guard let phase = operation.phase else { continue }
            measure(phase) { run(operation) }
        }
        step += 1
    }

    /// The mean loss of the last step; NaN where it is no finite number.
    public var meanLoss: Double { figures.meanLoss }

    private func run(_ operation: Operation) {
        switch operation {
        case .clear: state.gradients.base.update(repeating: 0, count: state.gradients.count)
        case .prepare: plan.prepare(parameters: state.parameters.base)
        case .compute(let group, let direction): compute(group, direction)
        case .update(let range):
            optimiserStep.update(range, of: state, samples: globalBatch, rate: experiment.optimiser.rate, epoch: 0)
        case .updateStatistics:
            state.layout.updateStatistics(
                parameters: state.parameters.base, gradients: state.gradients.base, samples: globalBatch)
        case .computeStage, .exchange: break
        }
    }

    private func compute(_ group: Range<Int>, _ direction: Direction) {
        labels.withUnsafeBufferPointer { labels in
            guard let firstLabel = labels.baseAddress else { return }
            let batch = RankWork.samples(
                of: group, partition,
                in: LocalBatch(
                    position: Position(), globalCount: globalBatch, places: 0..<globalBatch, images: UnsafePointer(images.base),
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
    /// Nil for what one rank does not do.
    fileprivate var phase: SyntheticStep.Phase? {
        switch self {
        case .clear, .prepare: .prepare
        case .compute(_, let direction), .computeStage(_, let direction): direction == .forward ? .forward : .backward
        case .update, .updateStatistics: .update
        case .exchange: nil
        }
    }
}
