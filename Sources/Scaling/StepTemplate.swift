import Diagnostics
import Statistics
import Timing

/// A measured program with the times of its operations, cut so that it can be put together for other rank counts.
struct StepTemplate {
    let record: StepRecord
    /// Seconds of a step that the program knows nothing of: data, checkpoints, the rest.
    let beside: Double
    /// What stands in front of the ways there and back, and behind them, over parameters.
    let before: [TimedOperation]
    /// Micro-batches that are computed together: how many times a rank does so.
    let groups: Int
    /// The mean time of one of those but the last; nil where there is but one.
    let earlierGroup: Double?
    /// The last of them, among whose backward operations buckets are started, and what follows.
    let last: [TimedOperation]
    /// Own work of a step, for each turn: a row for each step, of all ranks that were measured at once.
    let ownWork: [[[Double]]]
    /// Ranks that were measured at once, together or each alone.
    let measuredRanks: Int

    /// Seconds of the last group's ways there and back.
    var lastGroup: Double { last.filter(\.growsWithSamples).reduce(0) { $0 + $1.seconds } }
    /// Of a rank's batch, and of one of its groups.
    var samples: Int { record.ranks.map(\.samples).max() ?? 0 }
    var samplesOfGroup: Double { Double(samples) / Double(groups) }
    var microBatchesOfRank: Int { max(1, (record.microBatches + record.rankCount - 1) / record.rankCount) }
    var ranksPerNode: Int { record.distinctHosts.map { host in record.hosts.filter { $0 == host }.count }.max() ?? 1 }

    /// - Parameter share: of each operation the median over its turns counts, of its means over the ranks.
    /// - Throws: `Failure.usage` where what was measured does not say how ranks exchange.
    init(_ share: MeasuredShare) throws {
        guard let record = share.turns.first?.first, record.exchange.method != .none else {
            throw Failure(.usage, "a prediction is made from ranks that go by the program of many, found none")
        }
        let turns = share.turns.map { $0.flatMap(\.ranks) }.filter { !$0.isEmpty }
        guard record.exchange.placement != .hybrid else {
            throw Failure(
                .usage,
                "the operations of hybrid parallelism change with the rank count: predictions are of replicated and sharded ranks")
        }
        // Ranks with fewer micro-batches have shorter programs; the others decide.
        let longest = record.ranks.max { $0.operations.count < $1.operations.count }?.operations ?? []
        var operations = longest
        for index in longest.indices {
            operations[index].seconds =
                turns.compactMap { turn -> Double? in
                    let same = turn.filter { $0.operations.map(\.kind) == longest.map(\.kind) }
                    let times = same.map { $0.operations[index].seconds }
                    return times.isEmpty ? nil : times.reduce(0, +) / Double(times.count)
                }.median
        }
        let groups = operations.reduce(into: [Int]()) { groups, operation in
            if operation.kind == .forward, let group = operation.microBatch, group != groups.last { groups.append(group) }
        }
        let lastForward = operations.firstIndex { $0.kind == .forward && $0.microBatch == groups.last } ?? 0
        let earlier = operations[..<lastForward]
        self.record = record
        self.groups = max(1, groups.count)
        let earlierSeconds = earlier.filter(\.growsWithSamples).reduce(0) { $0 + $1.seconds }
        earlierGroup = groups.count > 1 ? earlierSeconds / Double(groups.count - 1) : nil
        before = earlier.filter { !$0.growsWithSamples }
        last = Array(operations[lastForward...])
        beside =
            turns.map { turn in
                let parts = StepParts.mean(turn.map(\.parts))
                return parts.data + parts.checkpoint + parts.other
            }.median
        measuredRanks = turns[0].count
        ownWork = turns.map { ranks in
            (0..<(ranks.map(\.steps.count).min() ?? 0)).map { step in ranks.map { $0.ownWork[step] } }
        }
    }

    /// By how much longer than the mean rank's the slowest rank's own work is, with so many ranks.
    ///
    /// With as many as were measured at once, as it was: the mean over the steps of the slowest's. From there by how much the expected largest
    /// of N steps' work grows or falls, all ranks' and steps' taken together: ranks stray as those that were measured, each by itself.
    func stretch(ranks: Int) -> Double {
        ownWork.compactMap { steps -> Double? in
            let all = steps.flatMap { $0 }
            let mean = all.reduce(0, +) / Double(all.count)
            guard mean > 0 else { return nil }
            let slowest = steps.reduce(0) { $0 + ($1.max() ?? 0) } / Double(steps.count)
            let growth = all.expectedMaximum(of: ranks) - all.expectedMaximum(of: measuredRanks)
            return max(1, (slowest + growth) / mean)
        }.median
    }
}

extension TimedOperation {
    var growsWithSamples: Bool { kind == .forward || kind == .backward }
}
