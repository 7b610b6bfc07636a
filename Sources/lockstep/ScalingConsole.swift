import Foundation
import Reports
import Scaling
import Statistics
import Studies
import Timing

/// Tells how a scaling measurement goes, and what it found.
struct ScalingConsole {
    private let terminal = Terminal()

    func measured(_ progress: ScalingMeasurement.Progress) {
        let ranks = "\(progress.ranks) \(progress.areCopies ? "independent cop" : "rank")"
        let plural = progress.areCopies ? (progress.ranks == 1 ? "y" : "ies") : (progress.ranks == 1 ? "" : "s")
        let turn = progress.turn <= progress.turns ? "turn \(progress.turn) of \(progress.turns)" : "again, turn \(progress.turn)"
        terminal.print(
            "\(turn): \(ranks)\(plural), batch \(progress.globalBatch) in \(progress.microBatches): "
                + "\(rounded(progress.imagesPerSecond, 1)) images/s")
    }

    func ended(_ record: ScalingRecord, in directory: ScalingDirectory) {
        for mode in record.modes {
            terminal.print("")
            let figures = record.figures(mode)
            for table in [rates(figures, mode), parts(figures)] { table.text().forEach { terminal.print($0) } }
            for cause in record.causes(mode) { terminal.print(cause.sentence) }
        }
        terminal.print("\(directory.description)")
    }

    private func rates(_ figures: [PointFigures], _ mode: ScalingMode) -> Table {
        let what = mode == .strong ? "Strong scaling (the same global batch)" : "Weak scaling (the same batch for every rank)"
        let marked = figures.contains(where: \.isTooWide)
        var table = Table(
            columns: [.init("ranks", .trailing), .init("")]
                + ["images/s", "spread", "speed-up", "efficiency", "of copies", "serial"].map { .init($0, .trailing) },
            caption: "\(what), medians of \(figures.map(\.rates.count).max() ?? 0) turns"
                + (marked ? "; ! strays by more than \(rounded(100 * PointFigures.widestSpread, 0)) %" : ""))
        for point in figures {
            table.append([
                .count(point.ranks), .init(point.label), .number(point.rate, decimals: 1),
                .init("\(rounded(100 * point.spread, 1)) %\(point.isTooWide ? " !" : "")"),
                .init(text(point.speedUp, scale: 1, digits: 2)),
                .init(text(point.efficiency, scale: 100, digits: 1)), .init(text(point.againstCopies, scale: 100, digits: 1)),
                .number(point.serialFraction, decimals: 3),
            ])
        }
        return table
    }

    private func parts(_ figures: [PointFigures]) -> Table {
        let parts = StepPart.allCases.filter { part in figures.contains { $0.parts[part] > 0 } }
        var table = Table(
            columns: [.init("ranks", .trailing), .init("")] + parts.map { .init($0.name, .trailing) },
            caption: "Milliseconds of a step, means over ranks and turns")
        for point in figures {
            table.append([.count(point.ranks), .init(point.label)] + parts.map { .number(point.parts[$0] * 1e3, decimals: 3) })
        }
        return table
    }

    /// The median and the 95 % interval, where there is one.
    private func text(_ ratio: PairedRatio?, scale: Double, digits: Int) -> String {
        guard let ratio else { return "–" }
        let median = rounded(scale * ratio.median, digits)
        guard ratio.low.isFinite, ratio.high.isFinite, ratio.low > 0 else { return median }
        return "\(median) (\(rounded(scale * ratio.low, digits))–\(rounded(scale * ratio.high, digits)))"
    }
}
