import Foundation
import Statistics
import Timing

/// Who was waited for: over all steps of a point's turns, how often each rank had most to do by itself.
public struct SlowestRanks: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        public let rank: Int
        public let host: String
        /// The steps in which it was the slowest, as a share of all.
        public let share: Double
        /// The median over the steps of its own work ÷ the median of the other ranks'.
        public let ratio: Double
    }

    /// One for each rank, in order.
    public let entries: [Entry]
    public let steps: Int

    /// - Returns: nil for fewer than two ranks, or without steps.
    public init?(_ turns: [StepRecord]) {
        guard let first = turns.first, first.rankCount > 1, turns.allSatisfy({ $0.rankCount == first.rankCount }) else {
            return nil
        }
        let steps = turns.flatMap { turn in (0..<turn.stepCount).map { step in turn.ranks.map { $0.ownWork[step] } } }
        guard !steps.isEmpty else { return nil }
        var counts = [Int](repeating: 0, count: first.rankCount)
        for step in steps {
            // Nobody is the slowest of equals.
            guard let longest = step.max(), step.filter({ $0 == longest }).count == 1 else { continue }
            counts[step.firstIndex(of: longest) ?? 0] += 1
        }
        self.steps = steps.count
        entries = first.ranks.indices.map { rank in
            let ratios = steps.map { step in
                let others = step.indices.filter { $0 != rank }.map { step[$0] }
                return step[rank] / others.median
            }
            return Entry(
                rank: rank, host: first.ranks[rank].host, share: Double(counts[rank]) / Double(steps.count), ratio: ratios.median)
        }
    }

    /// The rank that stands out: by 5 % or more behind the others' median, and the slowest more often than chance makes it.
    ///
    /// With p ranks alike each is the slowest in 1/p of the steps; one that is in a share of more than 1/p + 3 · √(1/p · (1 − 1/p) ÷ steps)
    /// is so by chance once in about a thousand times.
    public var outlier: Entry? {
        let chance = 1 / Double(entries.count)
        let limit = chance + 3 * (chance * (1 - chance) / Double(steps)).squareRoot()
        guard let slowest = entries.max(by: { $0.ratio < $1.ratio }) else { return nil }
        return slowest.ratio >= 1.05 && slowest.share > limit ? slowest : nil
    }
}
