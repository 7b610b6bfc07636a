import Diagnostics
import Reports
import Training

/// The report of a run, or of several beside each other.
enum RunPage {
    static func page(_ runs: [ReportedRun]) throws -> Page {
        var blocks: [Page.Block] = [.conclusion(RunConclusion.sentences(runs))]
        for run in runs {
            if let fault = run.fault { blocks.append(.paragraph("\(run.name) ended early: \(fault)")) }
            if run.metrics.isCut {
                blocks.append(.paragraph("\(run.name): the last line of metrics.csv has no end, and was left out."))
            }
        }
        blocks += [.heading("Results"), .table(RunTables.summary(runs))]
        if runs.count > 1 {
            let rows = try RunSettings.differences(runs)
            blocks.append(.heading("Settings that differ"))
            blocks.append(
                rows.isEmpty ? .paragraph("None: the runs have the same settings.") : .table(RunSettings.table(rows, runs: runs)))
        }
        blocks += [.heading("Curves"), .figures(RunFigures.figures(runs))]
        blocks += [.heading("Where it ran"), .table(RunTables.environment(runs))]
        blocks += [.heading(runs.count == 1 ? "To repeat it" : "To repeat them"), .commands(runs.map { repetition($0) })]
        if runs.count == 1 {
            blocks += [.heading("Settings"), .table(RunSettings.table(try RunSettings.all(runs[0]), runs: runs))]
        }
        return Page(title: runs.map(\.name).joined(separator: ", "), subtitle: subtitle(runs), blocks: blocks)
    }

    private static func subtitle(_ runs: [ReportedRun]) -> String {
        var parts: [String] = []
        for run in runs {
            let part = "\(run.record.experiment.model.name) on \(run.record.experiment.data?.description ?? "unknown data")"
            if !parts.contains(part) { parts.append(part) }
        }
        return parts.joined(separator: "; ")
    }

    /// The command of the run's latest start: for a run directory of its own, unless it went on with what stood in the old one.
    static func repetition(_ run: ReportedRun) -> String {
        let arguments = Array(run.record.circumstances.command.dropFirst())
        let isResumed = run.record.circumstances.resumedFrom != nil
        let command = shellCommand(["lockstep"] + (isResumed ? arguments : droppingOption("--run", from: arguments)))
        let ranks = run.record.circumstances.ranks
        return ranks == 1 ? command : "mpirun -np \(ranks) \(command)"
    }
}
