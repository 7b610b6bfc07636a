import Kernels
import Networks

/// Finds the fastest algorithms of a network's convolutions on the core that it runs on, by timing all that take each shape.
///
/// What counts is the CPU time of one training step: the weights are laid out once, and the product is computed `calls` times. Candidates
/// take turns, so that what slows the machine down for a while slows all of them down, and the fastest turn of each is compared.
public struct ConvolutionTuner: Sendable {
    /// Those over pixels, each shape once.
    public let convolutions: [PlannedConvolution]
    private let images: Int
    private let calls: Int

    /// A candidate must be this much faster than the usual algorithm: less is what two measurements of the same differ by.
    private static let leastSpeedUp = 1.05
    /// A turn takes as many calls as fill it: far more than reading the clock takes.
    private static let turnSeconds = 200e-6
    private static let mostCalls = 64
    /// Turns, and turns where a call takes so many seconds that nothing disturbs its proportion.
    private static let turns = 5, longTurns = 2
    private static let longCall = 0.1

    /// - Parameters:
    ///   - images: that one call is given.
    ///   - calls: in a step, for which weights are laid out once.
    public init(_ convolutions: [PlannedConvolution], images: Int, calls: Int) {
        self.convolutions = convolutions.distinctOverPixels
        self.images = images
        self.calls = calls
    }

    /// - Parameter progress: is given the number of each convolution, from 1, before it is timed.
    public func tune(progress: (Int) -> Void) -> TunedKernels {
        BLAS.setThreadCount(1)
        var tuned = TunedKernels()
        for (index, convolution) in convolutions.enumerated() {
            progress(index + 1)
            tune(convolution, into: &tuned)
        }
        return tuned
    }

    private func tune(_ convolution: PlannedConvolution, into tuned: inout TunedKernels) {
        let shape = convolution.shape
        let candidates = ConvolutionChoice.candidates(for: shape, layout: .pixels)
        let operands = ConvolutionOperands(shape, images: images, hasBias: convolution.hasBias)
        var algorithms = KernelTable.Algorithms(convolution.kernels)
        for direction in ConvolutionDirection.allCases where direction != .input || convolution.hasInputGradient {
            let usual = algorithms[direction]
            let times = zip(candidates.map { type(of: $0).name }, seconds(of: candidates, direction, operands))
            tuned.productCount += 1
            guard let best = times.min(by: { $0.1 < $1.1 }), let before = times.first(where: { $0.0 == usual }),
                before.1 > Self.leastSpeedUp * best.1
            else {
                continue
            }
            algorithms[direction] = best.0
            tuned.changes.append(
                .init(shape: shape, direction: direction, usual: usual, chosen: best.0, speedUp: before.1 / best.1))
        }
        tuned.table[shape] = algorithms
    }

    /// CPU seconds of each candidate in one step.
    private func seconds(
        of candidates: [any ConvolutionAlgorithm], _ direction: ConvolutionDirection, _ operands: ConvolutionOperands
    ) -> [Double] {
        let target = operands.target(direction, .pixels)
        let prepared = candidates.map { Prepared($0, direction, operands) }
        func call(_ candidate: Int) { operands.run(candidates[candidate], direction, prepared[candidate], into: target) }
        // The first call touches memory that is new.
        candidates.indices.forEach(call)
        let quickest = candidates.indices.map { candidate in Seconds.measured { call(candidate) }.cpu }.min() ?? 0
        let repeats = min(max(1, Int(Self.turnSeconds / max(quickest, 1e-9))), Self.mostCalls)
        var least = [(layingOut: Double, call: Double)](repeating: (.infinity, .infinity), count: candidates.count)
        for _ in 0..<(quickest > Self.longCall ? Self.longTurns : Self.turns) {
            for candidate in candidates.indices {
                let turn = Seconds.measured { for _ in 0..<repeats { call(candidate) } } / repeats
                least[candidate].call = min(least[candidate].call, turn.cpu)
                least[candidate].layingOut = min(least[candidate].layingOut, prepared[candidate].measureLayingOut().cpu)
            }
        }
        return least.map { $0.layingOut + Double(calls) * $0.call }
    }
}

/// What tuning has found.
public struct TunedKernels: Sendable {
    /// The algorithms of every shape that was tuned.
    public internal(set) var table = KernelTable()
    /// Products that were timed: three for a convolution, two where it reads the images.
    public internal(set) var productCount = 0
    /// Where the table differs from the usual choice.
    public internal(set) var changes: [Change] = []

    public struct Change: Sendable {
        public let shape: ConvolutionShape
        public let direction: ConvolutionDirection
        public let usual: String
        public let chosen: String
        /// How many times as long a step's calls take by the usual algorithm.
        public let speedUp: Double
    }
}
