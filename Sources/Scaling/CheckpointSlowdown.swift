import Statistics
import Timing

extension StepRecord {
    /// How many times as long as the steps before a checkpoint those take that end with one and follow it: copying for it and, on cores that
    /// have other work, writing it.
    ///
    /// Of the steps from each checkpoint to the next one, the first half over the second, on the rank where steps are longest in all; what
    /// drifts is in both.
    ///
    /// - Returns: nil where no two checkpoints are two steps apart.
    public var checkpointSlowdown: PairedRatio? {
        guard let rank = ranks.max(by: { $0.independentSeconds < $1.independentSeconds }) else { return nil }
        return PairedRatio(
            zip(rank.checkpoints, rank.checkpoints.dropFirst()).compactMap { first, next in
                let half = (next - first) / 2
                guard half > 0 else { return nil }
                let behind = rank.steps[first..<first + half], before = rank.steps[next - half..<next]
                return (behind.reduce(0, +), before.reduce(0, +))
            })
    }
}
