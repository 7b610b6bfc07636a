import Diagnostics
import Statistics

/// What follows from a study's figures, and nothing else.
public struct Conclusions: Sendable {
    private let table: ResultTable
    private var study: Study { table.study }

    public init(_ table: ResultTable) { self.table = table }

    public var sentences: [String] {
        let failed = table.outcomes.filter(\.hasFailed)
        let left = table.outcomes.count { $0.status == .waiting || $0.status == .running }
        return found + standstill
            + (failed.isEmpty ? [] : ["\(failed.count) of \(table.outcomes.count) trials failed, and are in no figure"])
            + (left == 0 ? [] : ["\(left) of \(table.outcomes.count) trials have not ended"])
    }

    private var found: [String] {
        switch study.analysis {
        case .trend(let path): trend(path)
        case .baseline(let path): againstBaselines(within: path)
        case .comparison: amongAll
        case .stepsToTarget(let target): StepsToTarget(table, target).sentences
        }
    }

    /// The spread over seeds, in words for a page.
    public var spreadNote: String {
        if case .stepsToTarget = study.analysis {
            return
                "The steps of a batch size are those of the one trial that came first: their spread is unknown, and no difference is tested."
        }
        return study.seedCount > 1
            ? "Means over \(study.seedCount) seeds; bands reach from the smallest to the largest of them, ± is a 95 % t-interval of the mean. A difference counts when a t test finds it, with each "
                + "point's variance moderated by those of all points, at a level of 0.05 shared out over all pairs that are compared by one figure."
            : "One seed: the spread is unknown."
    }

    private func trend(_ path: String) -> [String] {
        let series = table.points.sorted {
            (Double($0.point.settings.first?.value ?? "") ?? 0) < (Double($1.point.settings.first?.value ?? "") ?? 0)
        }
        let setting = path.split(separator: ".").last.map(String.init) ?? path
        var sentences: [String] = []
        for measure in study.judged {
            let trend = Trend(
                series.map {
                    Trend.Point(
                        value: $0.point.settings.first?.value ?? "", spread: $0.wholeSpread(measure), diverged: $0.diverged,
                        isUnreached: $0.isUnreached(measure))
                })
            sentences += trend.sentences(measure, along: setting).filter { !sentences.contains($0) }
            sentences += missed(measure, series)
        }
        return sentences
    }

    private func againstBaselines(within path: String?) -> [String] {
        var groups: [[PointResult]] = []
        for point in table.points {
            let place = groups.firstIndex { $0[0].point.value(of: path) == point.point.value(of: path) }
            if let place { groups[place].append(point) } else { groups.append([point]) }
        }
        if groups.count > 1 { groups.append(groups.map { $0[0] }) }
        groups += counterparts
        let comparisons = groups.reduce(0) { $0 + $1.count - 1 }
        return study.judged.flatMap { measure in
            groups.flatMap { against($0[0], Array($0.dropFirst()), measure, comparisons: comparisons) }
                + missed(measure, table.points)
        } + divergence
    }

    /// Points that share all but the first of their settings with a point that has no more: another network at the same rate.
    private var counterparts: [[PointResult]] {
        table.points.compactMap { point in
            let others = table.points.filter {
                !point.point.settings.isEmpty && Array($0.point.settings.dropFirst()) == point.point.settings
            }
            return others.isEmpty ? nil : [point] + others
        }
    }

    private func against(_ baseline: PointResult, _ points: [PointResult], _ measure: Measure, comparisons: Int) -> [String] {
        let base = baseline.wholeSpread(measure)
        let others = points.map { (label: $0.label, spread: $0.wholeSpread(measure)) }.filter { $0.spread.count > 0 }
        guard base.count > 0, !others.isEmpty else { return [] }
        func told(_ label: String, _ spread: Spread) -> String { "\(label) (\(measure.text(spread.mean)))" }
        let first = "\(measure.title): \(told(baseline.label, base))"
        let test = DifferenceTest(table.points.map { $0.wholeSpread(measure) }, comparisons: comparisons)
        guard test.isKnown else {
            let means = others.sorted { $0.spread.mean > $1.spread.mean }
            // All of a few, the ends of many.
            let shown = means.count > 4 ? [means[0], means[means.count - 1]] : means
            let words = list(shown.map { told($0.label, $0.spread) })
            return [
                "\(first); \(means.count > 4 ? "of \(means.count) others the largest and the smallest are " : "")\(words); one seed, so the "
                    + "spread is unknown and no difference is claimed"
            ]
        }
        let above = others.filter { test.isLarger($0.spread, base) }.map { told($0.label, $0.spread) }
        let below = others.filter { test.isLarger(base, $0.spread) }.map { told($0.label, $0.spread) }
        let same = others.filter { !test.isLarger($0.spread, base) && !test.isLarger(base, $0.spread) }
        return (above.isEmpty ? [] : ["\(first) is below \(list(above))"])
            + (below.isEmpty ? [] : ["\(first) is above \(list(below))"])
            // All of a few; of many, those that are not named are the ones.
            + (same.isEmpty
                ? []
                : [
                    "\(first): no difference found from "
                        + (same.count > 6 ? "the other \(same.count)" : list(same.map { told($0.label, $0.spread) }))
                ])
    }

    private var amongAll: [String] {
        study.judged.flatMap { measure in [best(measure)].compactMap(\.self) + missed(measure, table.points) } + divergence
    }

    private func best(_ measure: Measure) -> String? {
        let measured = table.points.map { (label: $0.label, spread: $0.wholeSpread(measure)) }.filter { $0.spread.count > 0 }
        let sign = measure.isLargerBetter ? 1.0 : -1.0
        guard let best = measured.max(by: { sign * $0.spread.mean < sign * $1.spread.mean }), measured.count > 1 else {
            return nil
        }
        let test = DifferenceTest(measured.map(\.spread))
        let told = "\(best.label) (\(measure.text(best.spread.mean)))"
        guard test.isKnown else {
            return "\(measure.title): best at \(told); one seed, so the spread is unknown and no difference is claimed"
        }
        let others = measured.filter { $0.label != best.label }
        let worse = others.filter {
            abs($0.spread.mean - best.spread.mean) > test.critical($0.spread, best.spread) ?? .infinity
        }
        if worse.isEmpty { return "\(measure.title): no difference found between \(told) and the other \(others.count)" }
        if worse.count == others.count { return "\(measure.title): best at \(told), different from all others" }
        let equal = others.filter { other in !worse.contains { $0.label == other.label } }.map(\.label)
        return "\(measure.title): best at \(told); no difference found between that and \(list(equal))"
    }

    /// Points of which not every seed came to a figure: a mean over those that did would flatter them.
    private func missed(_ measure: Measure, _ points: [PointResult]) -> [String] {
        let missed = points.filter { $0.misses(measure) }
        guard !missed.isEmpty else { return [] }
        if points.allSatisfy({ $0.spread(measure).count == 0 }) { return ["\(measure.title): not reached at any setting"] }
        let words = missed.map { "\($0.label) (\($0.done.count - $0.spread(measure).count) of \($0.done.count))" }
        return ["\(measure.title): not reached at \(list(words))"]
    }

    /// Points whose training accuracy, in the mean, is below one and a half times that of guessing.
    private var standstill: [String] {
        guard let classes = study.trials.first?.recipe.experiment.data?.classes, classes > 1 else { return [] }
        if case .stepsToTarget = study.analysis { return [] }
        let guessing = 1 / Double(classes)
        let standing = table.points.compactMap { result -> String? in
            let spread = result.spread(.trainAccuracy)
            guard spread.count > 0, spread.mean < 1.5 * guessing else { return nil }
            return "\(result.label) (\(Measure.trainAccuracy.text(spread.mean)))"
        }
        return standing.isEmpty
            ? []
            : [
                "training accuracy is below one and a half times that of guessing (\(Measure.trainAccuracy.text(guessing))) at \(list(standing))"
            ]
    }

    private var divergence: [String] {
        let diverged = table.points.filter { $0.diverged > 0 }.map(\.toldDivergence)
        return diverged.isEmpty ? [] : ["training diverges at \(list(diverged))"]
    }
}
