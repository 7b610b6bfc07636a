import MPI
import Networks

/// Figures as integers in a buffer that MPI sums in place.
final class FigureSums {
    /// Whole and fraction of the loss, samples, correct, not finite, ranks whose gradients are not finite, and the step's wishes.
    static let count = 8
    private let words: UnsafeMutableBufferPointer<Int64>
    private let request = Request()

    init() {
        words = .allocate(capacity: Self.count)
        words.initialize(repeating: 0)
    }

    deinit { words.deallocate() }

    /// The sum of `local` over all ranks; collective, allocates nothing.
    func total(of local: StepFigures, over world: Communicator) throws -> StepFigures {
        put(local)
        try world.allReduce(words, .sum)
        return total
    }

    /// The same, while other things go on.
    ///
    /// - Parameter meanwhile: called while others are waited for.
    func total(of local: StepFigures, over world: Communicator, meanwhile: () throws -> Void) throws -> StepFigures {
        put(local)
        try world.startAllReduce(words, .sum, with: request)
        try request.wait(meanwhile: meanwhile)
        return total
    }

    func total(of local: Figures, over world: Communicator) throws -> Figures {
        try total(of: StepFigures(local), over: world).figures
    }

    private func put(_ local: StepFigures) {
        words[0] = local.figures.loss.whole
        words[1] = local.figures.loss.fraction
        words[2] = Int64(local.figures.samples)
        words[3] = Int64(local.figures.correct)
        words[4] = Int64(local.figures.nonFinite)
        words[5] = Int64(local.ranksLost)
        words[6] = Int64(local.wishes.stop)
        words[7] = Int64(local.wishes.checkpoint)
    }

    private var total: StepFigures {
        var total = StepFigures()
        total.figures.loss += ExactSum(whole: words[0], fraction: words[1])
        total.figures.samples = Int(words[2])
        total.figures.correct = Int(words[3])
        total.figures.nonFinite = Int(words[4])
        total.ranksLost = Int(words[5])
        total.wishes = StepWishes(stop: Int(words[6]), checkpoint: Int(words[7]))
        return total
    }
}

/// What a step tells, and whether it went well.
struct StepFigures: Equatable {
    var figures = Figures()
    /// Ranks with a gradient that is not a finite number: 0 or 1 of this rank's own.
    var ranksLost = 0
    var wishes = StepWishes()

    init(_ figures: Figures = Figures()) { self.figures = figures }
}

/// What ranks want to happen behind a step: how many want each. Summed with the figures, so that all ranks know of it at the same step
/// and no message is sent for it.
struct StepWishes: Equatable {
    /// Training is to end.
    var stop = 0
    /// A checkpoint is to be written.
    var checkpoint = 0
}
