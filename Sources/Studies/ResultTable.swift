import Diagnostics
import Foundation
import Training

/// A trial's line of the results.
public struct ResultRow: Sendable, Equatable, Codable {
    public let trial: String
    public let series: String
    public let settings: [RecipeSetting]
    public let seed: UInt64
    public let status: String
    public let epochs: Int
    public let steps: Int
    /// By column; what a trial has not is left out.
    public let figures: [String: Double]
    public let secondsPerEpoch: Double?
    public let seconds: Double?
    /// What a failed run said last.
    public let words: [String]?
}

/// What has come of a study's trials, in their order: the same study gives the same table, whoever ran the trials and however often they
/// were interrupted, but for the columns of seconds at the end.
public struct ResultTable: Sendable {
    public let study: Study
    public let outcomes: [TrialOutcome]

    public init(_ study: Study, _ outcomes: [TrialOutcome]) { (self.study, self.outcomes) = (study, outcomes) }

    public var rows: [ResultRow] {
        outcomes.map { outcome in
            var figures: [String: Double] = [:]
            for measure in study.measures {
                if let value = measure.value(outcome), value.isFinite { figures[measure.column] = value }
            }
            var words: [String]?
            if case .failed(_, let said) = outcome.status { words = said }
            return ResultRow(
                trial: outcome.trial.name, series: outcome.trial.series, settings: outcome.trial.settings, seed: outcome.trial.seed,
                status: outcome.status.word, epochs: outcome.last(.train)?.epoch ?? 0, steps: outcome.lines.last?.step ?? 0,
                figures: figures,
                secondsPerEpoch: outcome.secondsPerEpoch,
                seconds: outcome.lines.isEmpty ? nil : outcome.lines.reduce(0) { $0 + $1.seconds }, words: words)
        }
    }

    /// The columns that times stand in, which differ from run to run.
    public static let timeColumns = ["seconds_per_epoch", "seconds"]

    public var csv: String {
        let factors = study.factors
        let columns = study.measures.map(\.column)
        let header =
            ["trial"] + (study.hasSeries ? ["series"] : []) + factors + ["seed", "status", "epochs", "steps"] + columns
            + Self.timeColumns
        let lines = rows.map { row in
            let settings = factors.map { path in row.settings.first { $0.path == path }?.value ?? "" }
            let figures = columns.map { row.figures[$0].map(Self.number) ?? "" }
            let times = [row.secondsPerEpoch, row.seconds].map { $0.map { String(format: "%.3f", $0) } ?? "" }
            return [row.trial] + (study.hasSeries ? [row.series] : []) + settings
                + ["\(row.seed)", row.status, "\(row.epochs)", "\(row.steps)"] + figures + times
        }
        return ([header] + lines).map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
    }

    /// With every digit; counts without a point.
    private static func number(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }

    /// As RFC 4180 has it.
    private static func quoted(_ text: String) -> String {
        text.contains(where: { ",\"\n".contains($0) }) ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
    }

    /// Writes `study.csv`.
    public func writeTable(to directory: StudyDirectory) throws { try Data(csv.utf8).writeReplacing(directory.table) }

    /// Writes `study.csv`, and the results into `study.json`.
    public func write(to directory: StudyDirectory) throws {
        try writeTable(to: directory)
        var record = try directory.record()
        record.results = rows
        try record.encoded().writeReplacing(directory.description)
    }
}
