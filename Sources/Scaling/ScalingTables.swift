import Diagnostics
import Reports
import Statistics
import Timing

/// A record's figures as tables, for a terminal and for the page.
public struct ScalingTables: Sendable {
    private let record: ScalingRecord

    public init(_ record: ScalingRecord) { self.record = record }

    /// All of one mode, in the order in which they are read.
    public func all(_ mode: ScalingMode) -> [Table] {
        [points(mode), parts(mode)] + [ranks(mode), predictions(mode)].compactMap { $0 }
    }

    /// One row for each point.
    public func points(_ mode: ScalingMode) -> Table {
        var table = Table(
            columns: [
                .init("ranks", .trailing), .init("turns", .trailing), .init("images/s", .trailing), .init("spread", .trailing),
                .init("speed-up", .trailing),
                .init("efficiency", .trailing), .init("95 % interval", .trailing), .init("serial part", .trailing),
                .init("÷ copies", .trailing),
            ],
            caption:
                "\(mode.title): medians over turns; spread is the width of the rate's 95 % interval ÷ median; efficiency is speed-up ÷ "
                + "ranks, its interval Student's over the turns' ratios; the serial part is \(mode == .strong ? "Karp and Flatt's" : "Gustafson's"); copies are as many single-rank "
                + "runs at once.")
        for point in record.figures(mode) {
            table.append([
                .init(point.name), .count(point.rates.count), .number(point.rate, decimals: 1),
                .init(
                    (point.spread.map(percent) ?? "–") + (point.isTooWide ? " too wide" : ""), emphasised: point.isTooWide),
                .number(point.speedUp?.median, decimals: 3), .init(point.efficiency.map { percent($0.median) } ?? "–"),
                .init(point.efficiency?.interval ?? "–"), .number(point.serialFraction, decimals: 4),
                .init(point.againstCopies.map { percent($0.median) } ?? "–"),
            ])
        }
        return table
    }

    /// Milliseconds of a step by part: one row for each point.
    public func parts(_ mode: ScalingMode) -> Table {
        let shown = shownParts(mode)
        var table = Table(
            columns: [.init("ranks", .trailing)] + shown.map { .init($0.name, .trailing) }
                + [.init("sum", .trailing), .init("clocks differ", .trailing)],
            caption:
                "\(mode.title): milliseconds of a step, means over steps, ranks and turns; each part is timed by itself, and their sum is "
                + "held against a clock of its own around all steps.")
        for point in record.figures(mode) {
            table.append(
                [.init(point.name)] + shown.map { .number(point.parts[$0] * 1e3, decimals: 2) }
                    + [.number(point.parts.sum * 1e3, decimals: 2), .init(percent(clockDifference(point)))])
        }
        return table
    }

    /// One row for each rank of the largest point; nil where there is none of two ranks.
    public func ranks(_ mode: ScalingMode) -> Table? {
        let largest = record.points.filter { $0.mode == mode && $0.ranks > 1 && !$0.rates.isEmpty }.max { $0.ranks < $1.ranks }
        guard let largest, let slowest = SlowestRanks(largest.turns.compactMap { $0 }) else { return nil }
        let turns = largest.turns.compactMap { $0 }
        let shown = shownParts(mode)
        var table = Table(
            columns: [.init("rank", .trailing), .init("host")] + shown.map { .init($0.name, .trailing) }
                + [.init("slowest", .trailing), .init("own work", .trailing), .init("sent MB", .trailing)],
            caption:
                "\(mode.title), \(largest.ranks) ranks: milliseconds of a step; in how many of \(slowest.steps.grouped) steps the rank had most "
                + "to do by itself, and how many times as much as the others' median; what it sends to other hosts in a step, but for MPI's own collectives."
        )
        for entry in slowest.entries {
            let own = turns.map { $0.ranks[entry.rank] }
            let parts = StepParts.mean(own.map(\.parts))
            let isOutlier = entry == slowest.outlier
            table.append(
                [.init("\(entry.rank)", emphasised: isOutlier), .init(entry.host)]
                    + shown.map { .number(parts[$0] * 1e3, decimals: 2) }
                    + [
                        .init(percent(entry.share), emphasised: isOutlier),
                        .number(entry.ratio, decimals: 3, emphasised: isOutlier),
                        .number(own.map { Double($0.sentBytes) }.median * 1e-6, decimals: 2),
                    ])
        }
        return table
    }

    /// One row for each predicted rank count; nil where there are none.
    public func predictions(_ mode: ScalingMode) -> Table? {
        let predictions = record.predictions.filter { $0.mode == mode }.sorted { $0.ranks < $1.ranks }
        guard !predictions.isEmpty else { return nil }
        let errors = record.predictionErrors(mode)
        let alone = record.baseline(mode)?.rates.median
        var table = Table(
            columns: [
                .init("ranks", .trailing), .init("batch", .trailing), .init("predicted ms", .trailing),
                .init("waited ms", .trailing),
                .init("images/s", .trailing), .init("efficiency", .trailing), .init("measured ms", .trailing),
                .init("error", .trailing), .init("written before"),
            ], caption: "\(mode.title): steps as simulated; the error is (predicted − measured) ÷ measured.")
        for prediction in predictions {
            let error = errors.first { $0.prediction == prediction }
            let efficiency = alone.map { percent(prediction.imagesPerSecond / $0 / Double(prediction.ranks)) }
            table.append([
                .count(prediction.ranks), .count(prediction.globalBatch), .number(prediction.secondsPerStep * 1e3, decimals: 2),
                .number(prediction.waitSeconds * 1e3, decimals: 2), .number(prediction.imagesPerSecond, decimals: 1),
                .init(efficiency ?? "–"), .number(error.map { $0.measuredSeconds * 1e3 }, decimals: 2),
                .init(error.map { percent($0.relativeError) } ?? "–"), .init(error.map { $0.wasMadeBefore ? "yes" : "no" } ?? "–"),
            ])
        }
        return table
    }

    /// Parts that are 0 everywhere have no column.
    func shownParts(_ mode: ScalingMode) -> [StepPart] {
        let figures = record.figures(mode)
        return StepPart.allCases.filter { part in figures.contains { $0.parts[part] > 0 } }
    }

    private func clockDifference(_ figures: PointFigures) -> Double {
        let point = record.points.first { $0.mode == figures.mode && $0.ranks == figures.ranks && $0.label == figures.label }
        return point?.turns.compactMap { $0?.largestClockDifference }.max() ?? .nan
    }
}

extension ScalingMode {
    /// What is held fixed, in words.
    public var title: String { self == .strong ? "Strong scaling (fixed global batch)" : "Weak scaling (fixed batch of a rank)" }
}

extension PointFigures {
    /// How tables and charts name the point.
    var name: String { "\(ranks)" + (label.isEmpty ? "" : " (\(label))") }
}

extension PairedRatio {
    /// As shares; a dash where one turn has none.
    var interval: String { high.isFinite ? "\(percent(low)) – \(percent(high))" : "–" }
}
