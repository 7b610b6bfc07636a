import Diagnostics
import Foundation
import Training

/// Steps to a goal against batch size, from a search of rate and momentum for each batch size on its own. Source: Shallue et al., JMLR 20
/// (2019): the result of a batch size is the earliest evaluation of any of its trials whose validation error is strictly below the goal.
public struct StepsToTarget: Sendable {
    /// What one batch size came to with one method.
    public struct BatchResult: Sendable {
        public let batch: Int
        public let goal: Double
        public let trials: [TrialOutcome]
        /// The trial that came first; nil where none reached the goal.
        public let best: (trial: Trial, steps: Int)?

        init(batch: Int, goal: Double, trials: [TrialOutcome]) {
            (self.batch, self.goal, self.trials) = (batch, goal, trials)
            let times = trials.filter(\.isCounted).compactMap { outcome in
                outcome.stepsTo(validationError: goal).map { (trial: outcome.trial, steps: $0) }
            }
            // Ties go to the first trial.
            best = times.min { $0.steps < $1.steps }
        }

        var counted: [TrialOutcome] { trials.filter(\.isCounted) }
        public var diverged: Int { trials.count { $0.status == .diverged } }
        /// By label smoothing, where it was searched: the trials, and the least steps to the goal, nil where none came to it.
        public var smoothings: [(smoothing: Double, trials: Int, steps: Int?, error: Double?)] {
            let groups = Dictionary(grouping: counted, by: \.trial.smoothing)
            guard groups.count > 1 else { return [] }
            return groups.sorted { $0.key < $1.key }.map { smoothing, trials in
                (
                    smoothing, trials.count, trials.compactMap { $0.stepsTo(validationError: goal) }.min(),
                    trials.compactMap(Measure.bestValidationError.value).min()
                )
            }
        }

        public var bestError: Double? { counted.compactMap(Measure.bestValidationError.value).min() }
    }

    /// The curve of a method, or of a method on one of several workloads.
    public struct Curve: Sendable {
        public let name: String
        public let method: SearchSpace.Method
        public let results: [BatchResult]
        public let fit: StepsFit?

        public var reached: [(batch: Int, trial: Trial, steps: Int)] {
            results.compactMap { result in result.best.map { (result.batch, $0.trial, $0.steps) } }
        }

        /// The smallest batch whose steps are within a tenth of the least: larger ones bring next to nothing. Nil for fewer than two batches.
        public var maximumUsefulBatch: Int? {
            guard reached.count > 1, let least = reached.map(\.steps).min() else { return nil }
            return reached.first { Double($0.steps) <= 1.1 * Double(least) }?.batch
        }

        /// Whether the largest batch measured still took a tenth fewer steps than the one before.
        public var stillGains: Bool {
            guard let last = reached.last, let before = reached.dropLast().last else { return false }
            return Double(last.steps) < 0.9 * Double(before.steps)
        }

        /// The exponent of batch size that the best effective rate grows by: 1 is the linear rule, 1/2 the square-root rule.
        public var rateExponent: Double? { slope(reached.map { (log(Double($0.batch)), log($0.trial.effectiveRate)) }) }
    }

    public let curves: [Curve]
    public let target: Study.Target

    public init(_ table: ResultTable, _ target: Study.Target) {
        self.target = target
        let outcomes = table.outcomes
        var names: [String] = []
        for outcome in outcomes where !names.contains(outcome.trial.series) { names.append(outcome.trial.series) }
        curves = names.map { name in
            let own = outcomes.filter { $0.trial.series == name }
            let batches = Set(own.map(\.trial.recipe.experiment.globalBatch)).sorted()
            let results = batches.map { batch in
                BatchResult(
                    batch: batch, goal: target.goal, trials: own.filter { $0.trial.recipe.experiment.globalBatch == batch })
            }
            let points = results.compactMap { result in result.best.map { (Double(result.batch), Double($0.steps)) } }
            return Curve(name: name, method: own[0].trial.method, results: results, fit: StepsFit(points))
        }
    }

    public var sentences: [String] { curves.flatMap(sentences) + comparison }

    private func sentences(_ curve: Curve) -> [String] {
        let name = curve.name
        var sentences: [String] = []
        let reached = curve.reached
        if let first = reached.first, let last = reached.last, reached.count > 1 {
            sentences.append(
                "\(name): from batch \(first.batch) to \(last.batch), \(ratio(last.batch, first.batch)) as large, the steps go from "
                    + "\(first.steps.grouped) to \(last.steps.grouped), "
                    + (last.steps < first.steps ? "\(ratio(first.steps, last.steps)) fewer" : "which are not fewer"))
        }
        if let fit = curve.fit, !fit.explains {
            sentences.append(
                "\(name): the steps do not follow S_min · (1 + B_crit ÷ B) (R² = " + String(format: "%.3f", fit.determination)
                    + " of log S), so no regimes are told")
        } else if let fit = curve.fit {
            sentences.append(
                "\(name): S = \(significant(fit.leastSteps)) · (1 + \(significant(fit.criticalBatch)) ÷ B), R² = "
                    + String(format: "%.3f", fit.determination)
                    + " (of log S): perfect scaling up to about B = \(significant(fit.perfectScalingEnd)), maximal data parallelism from about "
                    + significant(fit.parallelismLimit) + regimesBeyond(fit, reached.map(\.batch)))
        }
        if let useful = curve.maximumUsefulBatch {
            sentences.append(
                curve.stillGains
                    ? "\(name): the largest useful batch is at least \(useful); steps still fall at \(reached.last?.batch ?? useful), the largest that reached the goal"
                    : "\(name): the largest useful batch is \(useful): larger ones take no tenth fewer steps")
        }
        if let exponent = curve.rateExponent, reached.count > 2 {
            sentences.append(
                "\(name): the best effective rate goes with B to the power " + String(format: "%.2f", exponent)
                    + " (linear rule 1, square-root rule 0.5)")
        }
        for result in curve.results where result.best == nil && result.trials.allSatisfy(\.hasEnded) {
            sentences.append("\(name): no trial of batch \(result.batch) came below \(target.goal) within its steps")
        }
        for entry in reached {
            let optimiser = entry.trial.recipe.experiment.optimiser
            for edge in target.space.edges(rate: optimiser.rate, momentum: optimiser.momentum, curve.method) {
                sentences.append("\(name), batch \(entry.batch): \(edge); widen it (--rates, --frictions)")
            }
        }
        for result in curve.results where !result.smoothings.isEmpty {
            let words = result.smoothings.map { entry in
                "\(entry.smoothing) in \(entry.trials) trial\(entry.trials == 1 ? "" : "s") \(entry.steps.map { "\($0.grouped) steps" } ?? "not to the goal")"
                    + (entry.error.map { " (least error \(Measure.bestValidationError.text($0)))" } ?? "")
            }
            sentences.append("\(name), batch \(result.batch), by label smoothing: \(words.joined(separator: "; "))")
        }
        let diverged = curve.results.reduce(0) { $0 + $1.diverged }
        if diverged > 0 {
            sentences.append("\(name): \(diverged) of \(curve.results.reduce(0) { $0 + $1.trials.count }) trials diverged")
        }
        return sentences
    }

    private func regimesBeyond(_ fit: StepsFit, _ batches: [Int]) -> String {
        guard let first = batches.first, let last = batches.last else { return "" }
        let beyond = [
            Double(first) > fit.perfectScalingEnd ? "the first" : nil, Double(last) < fit.parallelismLimit ? "the second" : nil,
        ].compactMap(\.self)
        return beyond.isEmpty ? "" : "; beyond the batches that reached the goal, and so extrapolated: \(list(beyond))"
    }

    /// Methods beside plain SGD, or the first there is, batch by batch.
    private var comparison: [String] {
        guard let base = curves.first else { return [] }
        return curves.dropFirst().compactMap { curve in
            let shared = curve.reached.compactMap { entry in
                base.reached.first { $0.batch == entry.batch }.map {
                    (batch: entry.batch, ratio: Double($0.steps) / Double(entry.steps))
                }
            }
            guard !shared.isEmpty else { return nil }
            return "steps of \(base.name) ÷ steps of \(curve.name): "
                + shared.map { "\(String(format: "%.2f", $0.ratio)) at batch \($0.batch)" }.joined(separator: ", ")
        }
    }

    private func ratio(_ a: Int, _ b: Int) -> String { "\(significant(Double(a) / Double(b))) times" }
}

extension Trial {
    /// What the search tried it with.
    var method: SearchSpace.Method {
        let optimiser = recipe.experiment.optimiser
        return optimiser.nesterov ? .nesterov : optimiser.momentum > 0 ? .momentum : .sgd
    }

    var smoothing: Double { if case .softmax(let smoothing) = recipe.experiment.loss { smoothing } else { 0 } }

    /// Rate ÷ (1 − momentum): how far a steady gradient moves the parameters in a step in the long run.
    public var effectiveRate: Double {
        let optimiser = recipe.experiment.optimiser
        return optimiser.rate / (1 - optimiser.momentum)
    }
}

/// Three significant digits, without an exponent.
func significant(_ value: Double) -> String {
    // A fit without one of its ends has constants beyond all measure.
    guard value.isFinite, value != 0, abs(value) < 1e15 else { return "\(value)" }
    let digits = max(0, 2 - Int(log10(abs(value)).rounded(.down)))
    return digits == 0 ? Int(value.rounded()).grouped : String(format: "%.\(digits)f", value)
}
