import Diagnostics
import Reports

/// The points of a study as people read them: the judged figures, how many trials they come from, and the seconds of an epoch.
public struct PointTable: Sendable {
    let header: [String]
    let rows: [[String]]

    public init(_ table: ResultTable) {
        if case .stepsToTarget(let target) = table.study.analysis {
            (header, rows) = Self.batches(StepsToTarget(table, target))
        } else {
            (header, rows) = Self.points(table)
        }
    }

    public var table: Table {
        Table(
            columns: header.enumerated().map { Table.Column($1, $0 == 0 ? .leading : .trailing) },
            rows: rows.map { row in row.map { Table.Cell($0) } })
    }

    private static func points(_ table: ResultTable) -> ([String], [[String]]) {
        let measures = table.study.judged
        let parameters = Set(table.outcomes.compactMap(Measure.parameters.value)).count > 1
        let header =
            ["setting"] + (parameters ? [Measure.parameters.title] : []) + measures.map(\.title) + [
                Measure.secondsPerEpoch.title, "trials",
            ]
        let rows = table.points.map { result in
            let figures = measures.map { measure -> String in
                let spread = result.spread(measure)
                guard spread.count > 0 else { return "–" }
                if result.misses(measure) { return "\(measure.text(spread.mean)), by \(spread.count) of \(result.done.count)" }
                return measure.text(spread.mean) + (spread.halfInterval.map { " ± \(measure.text($0))" } ?? "")
            }
            let own = result.outcomes.first.flatMap(Measure.parameters.value).map { Int($0).grouped } ?? "–"
            return [result.label] + (parameters ? [own] : []) + figures + [times(result), counts(result.outcomes)]
        }
        return (header, rows)
    }

    /// From the fastest trial to the slowest: other work on the machine, and no chance of seeds, makes most of the difference.
    private static func times(_ result: PointResult) -> String {
        let (measure, spread) = (Measure.secondsPerEpoch, result.spread(.secondsPerEpoch))
        guard let least = spread.least, let most = spread.most else { return "–" }
        return measure.text(least) + (spread.count > 1 ? " to \(measure.text(most))" : "")
    }

    /// What the trials came to, but for those that trained to their end where all did.
    private static func counts(_ outcomes: [TrialOutcome]) -> String {
        let words = Dictionary(grouping: outcomes, by: \.status.word)
        return ["done", "diverged", "failed", "running", "waiting"].compactMap { word in words[word].map { "\($0.count) \(word)" } }
            .joined(separator: ", ")
    }

    private static func batches(_ search: StepsToTarget) -> ([String], [[String]]) {
        let header = [
            "method", "batch", "steps", "samples", "rate", "momentum", "effective rate", "least validation error seen", "trials",
        ]
        let rows = search.curves.flatMap { curve in
            curve.results.map { result -> [String] in
                let optimiser = result.best?.trial.recipe.experiment.optimiser
                return [
                    curve.name, result.batch.grouped, result.best?.steps.grouped ?? "–",
                    result.best.map { ($0.steps * result.batch).grouped } ?? "–", optimiser.map { significant($0.rate) } ?? "–",
                    optimiser.map { significant($0.momentum) } ?? "–",
                    result.best.map { significant($0.trial.effectiveRate) } ?? "–",
                    result.bestError.map(Measure.bestValidationError.text) ?? "–", counts(result.trials),
                ]
            }
        }
        return (header, rows)
    }
}
