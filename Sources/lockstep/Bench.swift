import ArgumentParser
import Benchmarks
import Diagnostics
import Foundation
import Kernels
import Networks
import Reports

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure one core (a model's convolutions, or whole training steps), training over ranks, or sums over them.",
        discussion: """
            Speeds of one core are given by CPU time, what this process ran, because that can be compared where other work shares the machine; wall time \
            stands beside it. % of peak is of the fp32 multiply-adds that the same core did in registers in the same run.
            """,
        subcommands: [BenchConvolution.self, BenchStep.self, BenchTraining.self, BenchAllReduce.self])
}

/// A table on standard output whose columns have fixed widths: the first is text, numbers stand to the right.
struct BenchTable {
    let columns: [(title: String, width: Int)]

    func printTitles() { printRow(columns.map(\.title)) }

    func printRow(_ cells: [String]) {
        let row = zip(columns, cells).map { column, cell in
            TerminalWidth.padded(cell, to: abs(column.width), alignment: column.width > 0 ? .trailing : .leading)
        }
        print(row.joined(separator: "  "))
        // Rows come seconds apart, and whoever reads a pipe wants each when it is there.
        fflush(nil)
    }
}

/// One line of JSON, as scripts read it.
func printJSON(_ line: some Encodable) throws {
    print(try canonicalJSON(line))
    fflush(nil)
}

/// A number with so many digits behind the point.
func rounded(_ number: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", number) }
