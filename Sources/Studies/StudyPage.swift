import Diagnostics
import Foundation
import Reports
import Scaling

/// A study as one self-contained page: what it asked, what follows, curves, figures, tables, and the command to repeat it.
public struct StudyPage: Sendable {
    private let table: ResultTable
    private let command: [String]
    private let speedUps: [ScalingRecord]
    private var study: Study { table.study }

    public init(_ table: ResultTable, command: [String], speedUps: [ScalingRecord] = []) {
        (self.table, self.command, self.speedUps) = (table, command, speedUps)
    }

    public var page: Page {
        let conclusions = Conclusions(table)
        var blocks: [Page.Block] = conclusions.sentences.map { .conclusion(Self.asSentence($0)) }
        if !study.reported.isEmpty { blocks += [.heading("What was reported"), .paragraph(study.reported)] }
        blocks += [.heading("Figures"), .paragraph(conclusions.spreadNote)]
        if case .stepsToTarget(let target) = study.analysis {
            blocks += SearchFigures(StepsToTarget(table, target), target).blocks
        } else {
            blocks += CurveFigures(table).blocks
        }
        blocks += [.heading("Results"), .table(PointTable(table).table)]
        if !speedUps.isEmpty { blocks.append(.heading("Two ranks beside one")) }
        for record in speedUps { blocks += [.paragraph(record.recipe), .table(ScalingTables(record).points(.strong))] }
        blocks += failures
        blocks += [
            .heading("To repeat it"),
            .commands([shellCommand(["lockstep"] + droppingOption("--directory", from: Array(command.dropFirst())))]),
            .paragraph("It wants a fresh directory, by --directory: where this very study stands already, it joins that one."),
        ]
        return Page(title: study.name, subtitle: study.question, blocks: blocks)
    }

    /// Writes `study.html`.
    public func write(to directory: StudyDirectory) throws { try Data(page.html().utf8).writeReplacing(directory.page) }

    private var failures: [Page.Block] {
        let failed = table.outcomes.compactMap { outcome -> String? in
            guard case .failed(let code, let words) = outcome.status else { return nil }
            return "\(outcome.trial.name), \(outcome.trial.label): exit code \(code)\(words.map { "\n    \($0)" }.joined())"
        }
        return failed.isEmpty ? [] : [.heading("Failed trials"), .commands(failed)]
    }

    private static func asSentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }
}
