import ArgumentParser
import Diagnostics
import Foundation
import Reports
import Studies
import Training

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "One self-contained HTML page of a run, of several runs compared, or of a study: curves, settings, conclusion.",
        discussion: """
            The page needs no network and no script: it can be mailed, printed and read on a telephone. A run or a study that is still under \
            way, or was killed, is reported as far as it is. Of a study, study.csv is written too, and its table and conclusions are printed.

            lockstep report runs/lenet5-cifar10-1
            lockstep report runs/a runs/b --output comparison.html
            lockstep report runs/a --text
            lockstep report studies/batch-size-1
            """)

    @Argument(help: "Run directories, or one directory of a study.")
    var runs: [String]

    @Option(
        help:
            "The page to write. (default: report.html in the run directory; of several runs, report.html here; study.html of a study)"
    )
    var output: String?

    @Flag(help: "Print the report with characters, and write no page.")
    var text = false

    func validate() throws {
        guard !runs.isEmpty else { throw ValidationError("name a run directory, or several") }
        guard !text || output == nil else {
            throw ValidationError("--text prints the report and writes no --output: give one of them")
        }
        if let repeated = runs.first(where: { path in runs.count { $0 == path } > 1 }) {
            throw ValidationError("\(repeated) is given twice")
        }
    }

    func run() throws {
        let studies = runs.map(StudyDirectory.init).filter(\.holdsStudy)
        if let study = studies.first {
            guard runs.count == 1 else { throw Failure(.usage, "\(study.path) is a study: it is reported alone") }
            return try report(study)
        }
        let page = try RunPage.page(try ReportedRun.read(runs))
        if text { return tell(page) }
        let path = output ?? (runs.count == 1 ? "\(runs[0])/report.html" : "report.html")
        try write(page, to: path)
        print("wrote \(path)")
    }

    /// What stands of a study's trials, none of which is run.
    private func report(_ directory: StudyDirectory) throws {
        let record = try directory.record()
        let table = ResultTable(record.study, try directory.outcomes(of: record.study))
        let page = StudyPage(table, command: record.command, speedUps: directory.speedUps(of: record.study)).page
        if text { return tell(page) }
        try table.writeTable(to: directory)
        try write(page, to: output ?? directory.page)
        StudyConsole(record.study, in: directory).ended(table, page: output)
    }

    private func tell(_ page: Page) { page.text(columns: Terminal.columns).forEach { print($0) } }

    private func write(_ page: Page, to path: String) throws {
        do {
            try Data(page.html().utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw Failure(
                .io, "\(path) cannot be written: \(reason(error)); give another file by --output")
        }
    }
}
