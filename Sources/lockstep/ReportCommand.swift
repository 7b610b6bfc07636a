import ArgumentParser
import Diagnostics
import Foundation
import Reports
import Training

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "One self-contained HTML page of a run, or of several runs compared: curves, settings, conclusion.",
        discussion: """
            The page needs no network and no script: it can be mailed, printed and read on a telephone. A run that is still under way is \
            reported as far as it is.

            lockstep report runs/lenet5-cifar10-1
            lockstep report runs/a runs/b --output comparison.html
            lockstep report runs/a --text
            """)

    @Argument(help: "Run directories.")
    var runs: [String]

    @Option(help: "The page to write. (default: report.html in the run directory; of several runs, report.html here)")
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
        let page = try RunPage.page(try ReportedRun.read(runs))
        if text {
            page.text(columns: Terminal.columns).forEach { print($0) }
            return
        }
        let path = output ?? (runs.count == 1 ? "\(runs[0])/report.html" : "report.html")
        do {
            try Data(page.html().utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw Failure(
                .io, "\(path) cannot be written: \(reason(error)); give another file by --output")
        }
        print("wrote \(path)")
    }
}
