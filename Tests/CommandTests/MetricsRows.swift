import Foundation
import Testing

/// The rows of a metrics.csv, read as a user's own script would.
struct MetricsRows {
    struct Row: Equatable {
        let epoch: Int
        let step: Int
        let split: String
        let samples: Int
        /// As it stands in the file, with all its digits.
        let loss: String
        let accuracy: String

        var lossValue: Double { Double(loss) ?? .nan }
    }

    let rows: [Row]

    init(_ path: String) throws {
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(
            lines.first
                == "epoch,step,split,samples,loss,accuracy,learning_rate,seconds,images_per_second,loss_variance,gradient_norm")
        rows = try lines.dropFirst().map { line in
            let columns = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            try #require(columns.count == 11, "\(line)")
            return Row(
                epoch: try #require(Int(columns[0])), step: try #require(Int(columns[1])), split: columns[2],
                samples: try #require(Int(columns[3])), loss: columns[4], accuracy: columns[5])
        }
    }

    func of(_ split: String) -> [Row] { rows.filter { $0.split == split } }
    /// The last row of a split.
    func last(_ split: String) throws -> Row { try #require(of(split).last) }
}

/// Whether `found` is `expected` but for the order of floating-point sums.
func isClose(_ found: Double, _ expected: Double, relative tolerance: Double = 1e-4) -> Bool {
    found.isFinite && expected.isFinite && abs(found - expected) <= tolerance * max(abs(expected), 1e-3)
}

/// The same rows of one split, in the same steps with the same samples, and losses that agree within 1e-4.
func expectSameRows(
    _ found: MetricsRows, _ expected: MetricsRows, split: String, at location: SourceLocation = #_sourceLocation
) {
    let (mine, its) = (found.of(split), expected.of(split))
    #expect(mine.map(\.step) == its.map(\.step), sourceLocation: location)
    #expect(mine.map(\.samples) == its.map(\.samples), sourceLocation: location)
    for (row, other) in zip(mine, its) {
        #expect(isClose(row.lossValue, other.lossValue), "\(row) and \(other)", sourceLocation: location)
    }
}
