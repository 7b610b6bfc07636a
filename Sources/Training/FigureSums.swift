import MPI
import Networks

/// Figures as integers in a buffer that MPI sums in place.
final class FigureSums {
    /// Whole and fraction of the loss, samples, correct, not finite.
    static let count = 5
    private let words: UnsafeMutableBufferPointer<Int64>

    init() {
        words = .allocate(capacity: Self.count)
        words.initialize(repeating: 0)
    }

    deinit { words.deallocate() }

    /// The sum of `local` over all ranks; collective, allocates nothing.
    func total(of local: Figures, over world: Communicator) throws -> Figures {
        words[0] = local.loss.whole
        words[1] = local.loss.fraction
        words[2] = Int64(local.samples)
        words[3] = Int64(local.correct)
        words[4] = Int64(local.nonFinite)
        try world.allReduce(words, .sum)
        var total = Figures()
        total.loss += ExactSum(whole: words[0], fraction: words[1])
        total.samples = Int(words[2])
        total.correct = Int(words[3])
        total.nonFinite = Int(words[4])
        return total
    }
}
