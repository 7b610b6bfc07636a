extension StepRecord {
    /// For each rank, the steps in which no other had more work of its own; one of equals counts.
    public var slowestCounts: [Int] {
        var counts = Array(repeating: 0, count: rankCount)
        for step in 0..<stepCount {
            if let slowest = ranks.indices.max(by: { ranks[$0].ownWork[step] < ranks[$1].ownWork[step] }) { counts[slowest] += 1 }
        }
        return counts
    }
}
