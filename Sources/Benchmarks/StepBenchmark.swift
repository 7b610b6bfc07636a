import Diagnostics
import Kernels
import MPI
import Networks
import Training
import Tuning

/// Training steps on synthetic images, measured: no data path; over a world with the exchange, on one rank without MPI.
public struct StepBenchmark: Sendable {
    /// What a step is; its model is described.
    public var recipe: Recipe
    /// False leaves the exchange of replicated gradients out.
    public var exchangesGradients = true
    /// About the wall seconds to measure for; at least three steps are taken, whatever they need.
    public var duration = 3.0

    public init(_ recipe: Recipe) { self.recipe = recipe }

    public struct Result: Sendable {
        public let model: String
        /// Nil without MPI.
        public let ranks: Int?
        public let experiment: Experiment
        public let execution: Execution
        public let steps: Int
        /// The mean of one step, on the rank where it takes longest.
        public let step: Seconds
        /// The mean of each phase of one step over steps and ranks, in the order of the phases.
        public let phases: [(phase: SyntheticStep.Phase, seconds: Seconds)]
        /// Flops of one step's convolutions and linear layers, as the direct algorithm takes them, over all ranks.
        public let flops: Double
        /// The peak of the ranks' cores together in flop/s, of each the best of before and after.
        public let peak: Double
        /// By how much the process's largest resident size rose, from before the plan was made to the last step's end, on the rank where it
        /// rose most: bytes; nil where the system does not tell.
        public let memoryGrowth: Int?
        /// Bytes of gradients, parameters and activations that a rank sends in one step as messages, the mean over ranks; what ranks of one
        /// node give each other through shared memory is not among them, nor what goes through MPI's own collectives.
        public let sentBytes: Double
        /// The mean loss of the third step, warm-up included: it hangs on what the ranks exchanged in the first two, and but for the order
        /// of sums it is the same at any number of ranks.
        public let lossOfThirdStep: Double

        /// By CPU time.
        public var flopRate: Double { flops / step.cpu }
        /// Of all ranks together.
        public func imageRate(_ clock: KeyPath<Seconds, Double>) -> Double { Double(experiment.globalBatch) / step[keyPath: clock] }
    }

    /// Collective over the world, if one is given; every rank returns the same.
    ///
    /// - Throws: as `SyntheticStep.init`, agreed on by all ranks; `Failure.diverged` where the loss is no finite number, for whose arithmetic
    ///   no figure stands; `Failure(.mpi)` where an exchange fails.
    public func run(over world: Communicator? = nil) throws -> Result {
        let (experiment, execution) = (recipe.experiment, recipe.execution)
        let name = try experiment.resolvedModel().name
        let ranks = Ranks(world: world)
        let peakBefore = PeakRate.measure()
        let memory = ResidentMemory()
        let step = try SyntheticStep(recipe, exchangesGradients: exchangesGradients, world: world)
        var (taken, lossOfThirdStep) = (0, Double.nan)
        func takeStep(_ measure: (SyntheticStep.Phase, () throws -> Void) throws -> Void) throws {
            try step.run(measure)
            taken += 1
            if taken == 3 { lossOfThirdStep = step.meanLoss }
        }
        // Caches, pages and the clock frequency settle. The ranks must take equally many steps, so the slowest one says how many.
        var warmUp = 0.0
        repeat {
            warmUp += try ranks.largest(try Seconds.measured { try takeStep { try $1() } }.wall)
        } while warmUp < min(0.3, duration / 4)
        let steps = max(3, Int((duration / warmUp * Double(taken)).rounded(.up)))

        var whole = Seconds()
        var phases = [Seconds](repeating: Seconds(), count: SyntheticStep.Phase.allCases.count)
        try ranks.meet()
        let sentBefore = world?.startedBytes ?? 0
        for _ in 0..<steps {
            whole += try Seconds.measured {
                try takeStep { phase, operation in phases[phase.index] += try Seconds.measured(operation) }
            }
        }
        let sent = Double((world?.startedBytes ?? 0) - sentBefore) / Double(steps)
        let growth = memory.peakGrowth
        try ranks.agreed {
            guard step.meanLoss.isFinite else {
                throw Failure(
                    .diverged, "\(name): the loss of synthetic images is not a finite number after \(taken) steps")
            }
        }
        let largestGrowth = try ranks.largest(growth.map(Double.init) ?? -1)
        return Result(
            model: name, ranks: world?.size, experiment: experiment, execution: execution, steps: steps,
            step: try ranks.largest(whole / steps),
            phases: try SyntheticStep.Phase.ofStep(exchanging: world != nil).map {
                ($0, try ranks.mean(phases[$0.index] / steps))
            },
            flops: 2 * Double(step.layers.stepMultiplyAdds) * Double(experiment.globalBatch),
            peak: try ranks.sum(max(peakBefore, PeakRate.measure())), memoryGrowth: largestGrowth < 0 ? nil : Int(largestGrowth),
            sentBytes: try ranks.sum(sent) / Double(ranks.count), lossOfThirdStep: lossOfThirdStep)
    }
}

extension SyntheticStep.Phase {
    fileprivate var index: Int {
        switch self {
        case .prepare: 0
        case .forward: 1
        case .backward: 2
        case .exchange: 3
        case .update: 4
        }
    }
}
