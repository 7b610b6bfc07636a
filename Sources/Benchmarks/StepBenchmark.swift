import Diagnostics
import Kernels
import Networks
import Training

/// A training step of one rank on synthetic images, measured: no MPI, no data path.
public struct StepBenchmark: Sendable {
    public var globalBatch = 128
    public var microBatches = 1
    public var convolution = ConvolutionPolicy.automatic
    /// Wall seconds to measure for; at least three steps are taken, whatever they need.
    public var duration = 3.0

    public init() {}

    public struct Result: Sendable {
        public let model: String
        public let globalBatch: Int
        public let microBatches: Int
        public let convolution: ConvolutionPolicy
        public let steps: Int
        /// The mean of one step.
        public let step: Seconds
        /// The mean of each phase of one step, in the order of the phases.
        public let phases: [(phase: SyntheticStep.Phase, seconds: Seconds)]
        /// Flops of one step's convolutions and linear layers, as the direct algorithm takes them.
        public let flops: Double
        /// The core's peak in flop/s, the best of before and after.
        public let peak: Double
        /// By how much the process's largest resident size rose, from before the plan was made to the last step's end: bytes; nil where
        /// the system does not tell.
        public let memoryGrowth: Int?

        /// By CPU time.
        public var flopRate: Double { flops / step.cpu }
        public func imageRate(_ clock: KeyPath<Seconds, Double>) -> Double { Double(globalBatch) / step[keyPath: clock] }
    }

    /// - Throws: as `SyntheticStep.init`; `Failure.diverged` where the loss is no finite number, for whose arithmetic no figure stands.
    public func run(_ model: Model) throws -> Result {
        let peakBefore = PeakRate.measure()
        let memory = ResidentMemory()
        let step = try SyntheticStep(
            model: model, globalBatch: globalBatch, microBatches: microBatches, convolution: convolution)
        // Caches, pages and the clock frequency settle.
        var warmUp = 0.0
        repeat { warmUp += try Seconds.measured { try step.run { try $1() } }.wall } while warmUp < min(0.3, duration / 4)
        var (steps, whole) = (0, Seconds())
        var phases = [Seconds](repeating: Seconds(), count: SyntheticStep.Phase.allCases.count)
        while steps < 3 || whole.wall < duration {
            whole += try Seconds.measured {
                try step.run { phase, operation in phases[phase.index] += try Seconds.measured(operation) }
            }
            steps += 1
        }
        let growth = memory.peakGrowth
        guard step.meanLoss.isFinite else {
            throw Failure(.diverged, "\(model.name): the loss of synthetic images is not a finite number after \(steps) steps")
        }
        return Result(
            model: model.name, globalBatch: globalBatch, microBatches: microBatches, convolution: convolution, steps: steps,
            step: whole / steps, phases: SyntheticStep.Phase.allCases.map { ($0, phases[$0.index] / steps) },
            flops: 2 * Double(step.layers.stepMultiplyAdds) * Double(globalBatch), peak: max(peakBefore, PeakRate.measure()),
            memoryGrowth: growth)
    }
}

extension SyntheticStep.Phase {
    fileprivate var index: Int {
        switch self {
        case .prepare: 0
        case .forward: 1
        case .backward: 2
        case .update: 3
        }
    }
}
