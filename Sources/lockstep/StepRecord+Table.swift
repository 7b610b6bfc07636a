import Reports
import Scaling
import Timing

extension StepRecord {
    /// Each rank's parts of a step.
    var table: Table {
        let parts = StepPart.allCases.filter { part in part != .checkpoint || ranks.contains { $0.parts[part] > 0 } }
        let caption =
            "\(model), global batch \(globalBatch) in \(microBatches) micro-batch\(microBatches == 1 ? "" : "es"), "
            + "\(rankCount) rank\(rankCount == 1 ? "" : "s")\(isReplayed ? ", computing replayed" : ""): "
            + "\(rounded(imagesPerSecond, 1)) images/s; milliseconds of a step"
        var table = Table(
            columns: [.init("rank", .trailing), .init("host")] + parts.map { .init($0.name, .trailing) }
                + ["sum", "clock", "slowest %", "sent MB"].map { .init($0, .trailing) },
            caption: caption)
        let slowest = SlowestRanks([self])
        for (number, rank) in ranks.enumerated() {
            let clock = rank.independentSeconds / Double(max(1, rank.steps.count))
            table.append(
                [.count(number), .init(rank.host)] + parts.map { .number(rank.parts[$0] * 1e3, decimals: 3) } + [
                    .number(rank.parts.sum * 1e3, decimals: 3), .number(clock * 1e3, decimals: 3),
                    .number(slowest.map { 100 * $0.entries[number].share }, decimals: 0),
                    .number(Double(rank.sentBytes) * 1e-6, decimals: 3),
                ])
        }
        return table
    }
}
