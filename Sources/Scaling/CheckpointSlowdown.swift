import Statistics
import Timing

/// How many times as long as the steps before a checkpoint those take that end with one and follow it: copying for it and, on cores that have
/// other work, writing it.
///
/// Of the steps from each checkpoint to the next one, the first half over the second, on the rank where steps are longest in all; what drifts is
/// in both. Where writing lasts for more than half of them, it is in both too, and the ratio tells too little.
public struct CheckpointSlowdown: Sendable, Equatable {
    public let ratio: PairedRatio
    /// In the longest half.
    public let steps: Int

    /// - Returns: nil where no two checkpoints are two steps apart.
    public init?(_ record: StepRecord) {
        guard let rank = record.ranks.max(by: { $0.independentSeconds < $1.independentSeconds }) else { return nil }
        let checkpoints = rank.checkpoints ?? []
        let spans = zip(checkpoints, checkpoints.dropFirst()).map { (first: $0, half: ($1 - $0) / 2, next: $1) }.filter {
            $0.half > 0
        }
        let ratio = PairedRatio(
            spans.map { span in
                let behind = rank.steps[span.first..<span.first + span.half], before = rank.steps[span.next - span.half..<span.next]
                return (behind.reduce(0, +), before.reduce(0, +))
            })
        guard let ratio else { return nil }
        (self.ratio, steps) = (ratio, spans.map(\.half).max() ?? 0)
    }
}
