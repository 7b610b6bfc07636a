import Foundation
import Reports
import Scaling
import Studies

/// Tells how a study goes: a line for each trial that ends, and one that is redrawn on a terminal.
final class StudyConsole {
    private let study: Study
    private let directory: StudyDirectory
    private let terminal = Terminal()
    /// Trials that had ended before this process began are counted, not told.
    private var isFirstLook = true

    init(_ study: Study, in directory: StudyDirectory) { (self.study, self.directory) = (study, directory) }

    func started(workers: Int, ranks: Int) {
        terminal.print(study.question)
        terminal.print(
            "\(study.trials.count) trials; \(workers) worker\(workers == 1 ? "" : "s"), \(ranks) rank\(ranks == 1 ? "" : "s") a trial"
        )
        terminal.print("study directory \(directory.path)")
    }

    func look(_ progress: StudyProgress) {
        if isFirstLook, progress.ended > 0 { terminal.print("\(progress.ended) of \(progress.total) trials had ended already") }
        let told = isFirstLook ? progress.news.filter(\.hasFailed) : progress.news
        for (index, outcome) in told.enumerated() { tell(outcome, progress, number: progress.ended - told.count + index + 1) }
        isFirstLook = false
        if terminal.isInteractive, progress.ended < progress.total { terminal.progress(summary(progress)) }
    }

    private func tell(_ outcome: TrialOutcome, _ progress: StudyProgress, number: Int) {
        var line = "[\(number)/\(progress.total)] \(outcome.trial.name)  \(outcome.trial.label), seed \(outcome.trial.seed): "
        switch outcome.status {
        case .done:
            line += study.judged.compactMap { measure in measure.value(outcome).map { "\(measure.title) \(measure.text($0))" } }
                .joined(separator: ", ")
        case .failed(let code, let words):
            line += "failed with exit code \(code)" + words.map { "\n    \($0)" }.joined()
        case .diverged, .running, .waiting: line += outcome.status.word
        }
        terminal.print(line)
        if !terminal.isInteractive, number < progress.total, terminalIsDue { terminal.print(summary(progress)) }
    }

    private var lastSummary = Date.distantPast
    /// A summary a minute is enough where lines stay.
    private var terminalIsDue: Bool {
        guard Date().timeIntervalSince(lastSummary) > 60 else { return false }
        lastSummary = Date()
        return true
    }

    private func summary(_ progress: StudyProgress) -> String {
        "\(progress.ended) done, \(progress.running) running, \(progress.left) left"
            + (progress.diverged > 0 ? ", \(progress.diverged) diverged" : "")
            + (progress.failed > 0 ? ", \(progress.failed) failed" : "")
            + (progress.best.map { "; best so far \($0.text) (\($0.trial.label))" } ?? "")
            + (progress.timeLeft.map { "; about \(duration($0)) left" } ?? "")
    }

    func timing(_ progress: ScalingMeasurement.Progress) {
        terminal.progress("one rank and two: \(ScalingConsole.words(progress))")
    }

    func warn(_ text: String) { terminal.print("warning: \(text)") }

    func ended(_ table: ResultTable, page: String? = nil) {
        terminal.endProgress()
        for line in PointTable(table).table.text(columns: Terminal.columns) { print(line) }
        let conclusions = Conclusions(table)
        for record in directory.speedUps(of: study) {
            print("\n\(record.recipe)")
            for line in ScalingTables(record).points(.strong).text(columns: Terminal.columns) { print(line) }
        }
        print("")
        for sentence in conclusions.sentences { print("- \(sentence)") }
        if !study.reported.isEmpty { print("reported: \(study.reported)") }
        print("results in \(directory.table), the page in \(page ?? directory.page)")
    }
}
