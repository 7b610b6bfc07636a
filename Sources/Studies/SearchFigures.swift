import Foundation
import Reports

/// The charts of steps-to-target.
struct SearchFigures {
    private let search: StepsToTarget
    private let target: Study.Target

    init(_ search: StepsToTarget, _ target: Study.Target) { (self.search, self.target) = (search, target) }

    var blocks: [Page.Block] {
        [
            .figures(search.curves.filter { !$0.reached.isEmpty }.map(steps)),
            .figures([allMethods] + search.curves.filter { $0.reached.count > 1 }.map(rates)),
            .figures([errors]),
        ]
    }

    /// A method's steps with the line of perfect scaling through the smallest batch, the fit and where its regimes end.
    private func steps(_ curve: StepsToTarget.Curve) -> Chart {
        let measured = curve.reached.map { Series.Point(x: Double($0.batch), y: Double($0.steps)) }
        var series = [Series(curve.name, points: measured, style: .lineAndMarkers)]
        let batches = curve.reached.map { Double($0.batch) }
        if let first = measured.first, batches.count > 1 {
            series.append(
                Series(
                    "perfect scaling", points: batches.map { Series.Point(x: $0, y: first.y * first.x / $0) }, dashed: true,
                    tone: .muted))
        }
        var marks: [Chart.Mark] = []
        if let fit = curve.fit, fit.explains, let least = batches.first, let most = batches.last {
            let places = (0...40).map { least * pow(most / least, Double($0) / 40) }
            series.append(Series("fit", points: places.map { Series.Point(x: $0, y: fit.steps(at: $0)) }, dashed: true))
            for (place, label) in [
                (fit.perfectScalingEnd, "B_crit ÷ 5"), (fit.criticalBatch, "B_crit"), (fit.parallelismLimit, "5 · B_crit"),
            ]
            where place > least && place < most {
                marks.append(Chart.Mark(x: place, label: label))
            }
        }
        return Chart(
            "Steps to a validation error below \(target.goal): \(curve.name)", x: Axis("global batch", scale: .log2),
            y: Axis("steps", scale: .log10), series: series, marks: marks,
            caption:
                "Perfect scaling to the left of B_crit ÷ 5, maximal data parallelism to the right of 5 · B_crit, diminishing returns between."
        )
    }

    private var allMethods: Chart {
        Chart(
            "Methods beside each other", x: Axis("global batch", scale: .log2), y: Axis("steps", scale: .log10),
            series: search.curves.map { curve in
                Series(
                    curve.name, points: curve.reached.map { Series.Point(x: Double($0.batch), y: Double($0.steps)) },
                    style: .lineAndMarkers)
            })
    }

    /// The best effective rate with the linear and the square-root rule through that of the smallest batch.
    private func rates(_ curve: StepsToTarget.Curve) -> Chart {
        let best = curve.reached.map { Series.Point(x: Double($0.batch), y: $0.trial.effectiveRate) }
        func rule(_ name: String, _ exponent: Double) -> Series {
            Series(
                name, points: best.map { Series.Point(x: $0.x, y: best[0].y * pow($0.x / best[0].x, exponent)) }, dashed: true,
                tone: .muted)
        }
        return Chart(
            "Best effective rate: \(curve.name)", x: Axis("global batch", scale: .log2),
            y: Axis("rate ÷ (1 − momentum)", scale: .log10),
            series: [
                Series(curve.name, points: best, style: .lineAndMarkers), rule("linear rule", 1),
                rule("square-root rule", 0.5),
            ],
            caption: "Searched from \(target.space.rates.lowerBound) to \(target.space.rates.upperBound).")
    }

    private var errors: Chart {
        Chart(
            "Least validation error seen", x: Axis("global batch", scale: .log2), y: Axis("validation error", scale: .log10),
            series: search.curves.map { curve in
                Series(
                    curve.name,
                    points: curve.results.compactMap { result in
                        result.bestError.map { Series.Point(x: Double(result.batch), y: $0) }
                    },
                    style: .lineAndMarkers)
            }, references: [Chart.Reference(y: target.goal, label: "goal")],
            caption: "Trials end at the goal, so this is no limit of what they could reach.")
    }
}
