import Diagnostics
import Foundation
import Reports

/// A scaling measurement as one self-contained page: what follows, the charts, where the time went, the prediction, and the command that
/// repeats it. All its figures are those of the record.
public struct ScalingPage: Sendable {
    private let record: ScalingRecord
    private var tables: ScalingTables { ScalingTables(record) }

    public init(_ record: ScalingRecord) { self.record = record }

    public var page: Page {
        var blocks = record.modes.flatMap { mode in ScalingConclusions(record, mode).sentences.map { Page.Block.conclusion($0) } }
        for mode in record.modes { blocks += section(mode) }
        blocks += [.heading("Where it was measured"), .table(environment)]
        blocks += [
            .heading("To repeat it"),
            .commands([shellCommand(["lockstep"] + droppingOption("--directory", from: Array(record.command.dropFirst())))]),
        ]
        return Page(title: "Scaling of \(record.recipe)", subtitle: subtitle, blocks: blocks)
    }

    /// The same for a terminal: the sentences and tables, without charts.
    public func text(columns: Int) -> [String] {
        record.modes.flatMap { mode -> [String] in
            let conclusions = ScalingConclusions(record, mode)
            let sentences = Page(title: mode.title, blocks: (conclusions.sentences + conclusions.further).map { .paragraph($0) })
            return sentences.text(columns: columns) + [""] + tables.all(mode).flatMap { $0.text(columns: columns) + [""] }
        }
    }

    private func section(_ mode: ScalingMode) -> [Page.Block] {
        let figures = ScalingFigures(record: record, mode: mode)
        var blocks: [Page.Block] = [
            .heading(mode.title), .figures(figures.whatWasMeasured), .table(tables.points(mode)), .table(tables.parts(mode)),
        ]
        blocks += ScalingConclusions(record, mode).further.map { .paragraph($0) }
        if let ranks = tables.ranks(mode) { blocks.append(.table(ranks)) }
        if let chart = figures.prediction { blocks.append(.figures([chart])) }
        if let predictions = tables.predictions(mode) { blocks.append(.table(predictions)) }
        return blocks
    }

    private var runs: [ScalingPoint] { record.points.filter { !$0.rates.isEmpty } }

    private var subtitle: String {
        guard let run = runs.flatMap({ $0.turns.compactMap { $0 } }).first else { return "Nothing has been measured." }
        let counts = Set(runs.map(\.ranks)).sorted().map(String.init)
        let replayed =
            runs.contains { $0.turns.contains { $0?.isReplayed == true } } ? " Computing was replayed from recorded times." : ""
        return "\(run.model) on \(counts.joined(separator: ", ")) ranks, \(run.stepCount.grouped) steps each time.\(replayed)"
    }

    private var environment: Table {
        let place = record.environment
        var rows = [
            ("Lockstep", place.release), ("hosts", place.hosts.joined(separator: ", ")), ("processor", place.processor),
            ("cores", "\(place.cores)"), ("MPI", place.mpi), ("system", place.system),
            (
                "peak of a core", place.peak.map { "\(fixed($0 * 1e-9, decimals: 1))" }.joined(separator: ", ") + " GFLOP/s"
            ),
        ]
        if let binding = place.binding { rows.append(("ranks are bound to", binding)) }
        if let network = record.network {
            let link = network.link
            rows.append(
                (
                    "network",
                    "\(brief(link.latency * 1e6)) µs, \(brief(link.bandwidth * 8e-9)) Gbit/s, "
                        + "\(brief(link.perMessage * 1e6)) µs a message, \(network.source)"
                ))
        }
        return Table(columns: [.init(""), .init("")], rows: rows.map { [.init($0.0), .init($0.1)] })
    }
}
