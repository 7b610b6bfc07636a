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
    private let rate: Double
    private let program: StepProgram
    private let runner: StepRunner
    private let images: AlignedFloats
    private let labels: [Int32]
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
        rate = experiment.optimiser.rate
        self.globalBatch = globalBatch
        let partition = try BatchPartition(
            globalBatch: globalBatch, microBatches: microBatches, ranks: 1, samples: globalBatch)
        layers = try model.resolvedLayers()
        try MemoryNeed(experiment, partition: partition, rank: 0).check(ranksHere: 1)
        let work = try RankWork(experiment, partition: partition, rank: 0)
        let plan = try Plan(experiment, work.options)
        let strategy = try StepStrategy(
            experiment, Execution(), partition: partition, plan: plan, groups: work.groups, world: nil)
        let state = TrainingState(
            layout: plan.layout, optimiser: experiment.optimiser, gradientSlots: strategy.gradientSlots)
        state.layout.initialise(state.parameters.base, seed: experiment.seed)
        program = strategy.program
        runner = StepRunner(experiment, partition: partition, plan: plan, strategy: strategy, state: state, exchange: nil)
        images = AlignedFloats(count: globalBatch * model.input.count)
        labels = (0..<globalBatch).map { Int32($0 % model.classes) }
        let generator = CounterGenerator(seed: experiment.seed, purpose: .benchmark)
        for first in stride(from: 0, to: images.count, by: 4) {
            let values = generator.block(UInt32(truncatingIfNeeded: first / 4), 0, 0).normalFloats
            for lane in 0..<min(4, images.count - first) { images.base[first + lane] = values[lane] }
        }
    }

    /// Takes one step; `measure` is given each of its operations with its phase, and must call it.
    public func run(_ measure: (_ phase: Phase, _ operation: () throws -> Void) throws -> Void) throws {
        try labels.withUnsafeBufferPointer { labels in
            guard let firstLabel = labels.baseAddress else { return }
            let batch = LocalBatch(
                position: Position(step: step), globalCount: globalBatch, places: 0..<globalBatch,
                images: UnsafePointer(images.base), labels: firstLabel)
            runner.begin()
            for operation in program.operations {
                guard let phase = operation.measuredPhase else { continue }
                try measure(phase) { try runner.run(operation, on: batch, rate: rate) }
            }
        }
        step += 1
    }

    /// The mean loss of the last step; NaN where it is no finite number.
    public var meanLoss: Double { runner.figures.figures.meanLoss }
}

extension Operation {
    /// Nil for what one rank does not do.
    fileprivate var measuredPhase: SyntheticStep.Phase? {
        switch phase {
        case .forward: self == .prepare ? .prepare : .forward
        case .backward: if case .clear = self { .prepare } else { .backward }
        case .update: .update
        default: nil
        }
    }
}
