import Foundation
import Training

/// A figure that trials are compared by, and its column in `study.csv`.
public struct Measure: Sendable {
    public let column: String
    public let title: String
    public let decimals: Int
    public let isLargerBetter: Bool
    /// Whether a trial may train to its end and never come to it.
    public var isMilestone = false
    /// Nil where the trial has no such figure.
    public let value: @Sendable (TrialOutcome) -> Double?

    /// A share or a loss has four decimals, an epoch one.
    public func text(_ value: Double) -> String { String(format: "%.\(decimals)f", value) }

    /// Trained values of the model.
    static let parameters = Measure(column: "parameters", title: "parameters", decimals: 0, isLargerBetter: false) {
        $0.trial.recipe.experiment.parameterCount.map(Double.init)
    }
    static let trainLoss = Measure(column: "train_loss", title: "training loss", decimals: 4, isLargerBetter: false) {
        $0.last(.train)?.loss
    }
    static let trainAccuracy = Measure(
        column: "train_accuracy", title: "training accuracy", decimals: 4, isLargerBetter: true
    ) { $0.last(.train)?.accuracy }
    static let testLoss = Measure(column: "test_loss", title: "test loss", decimals: 4, isLargerBetter: false) {
        $0.last(.test)?.loss
    }
    static let testAccuracy = Measure(
        column: "test_accuracy", title: "test accuracy", decimals: 4, isLargerBetter: true
    ) { $0.last(.test)?.accuracy }
    static let bestTestAccuracy = Measure(
        column: "best_test_accuracy", title: "best test accuracy", decimals: 4, isLargerBetter: true
    ) { $0.lines(.test).map(\.accuracy).max() }
    static let bestValidationError = Measure(
        column: "best_validation_error", title: "best validation error", decimals: 4, isLargerBetter: false
    ) { $0.lines(.validation).map(\.error).min() }
    static let secondsPerEpoch = Measure(
        column: "seconds_per_epoch", title: "seconds per epoch", decimals: 2, isLargerBetter: false
    ) { $0.secondsPerEpoch }

    static func stepsToGoal(_ goal: Double) -> Measure {
        Measure(
            column: "steps_to_goal", title: "steps to a validation error below \(goal)", decimals: 0, isLargerBetter: false,
            isMilestone: true
        ) { $0.stepsTo(validationError: goal).map(Double.init) }
    }

    static func epochs(to milestone: Study.Milestone) -> Measure {
        let split = RunMetrics.Split(rawValue: milestone.split) ?? .train
        return Measure(
            column: "epochs_to_\(milestone.accuracy)",
            title: "epochs to \(split == .train ? "training" : "test") accuracy \(milestone.accuracy)",
            decimals: 1, isLargerBetter: false, isMilestone: true
        ) { $0.epochsTo(milestone.accuracy, on: split).map(Double.init) }
    }
}

extension Study {
    /// An accuracy that tells how fast training begins, by the epochs to it.
    public struct Milestone: Sendable, Equatable, Codable {
        /// Of metrics.csv: train or test.
        public let split: String
        public let accuracy: Double
    }

    /// The figures of the results' table; times come last, and are no result.
    public var measures: [Measure] {
        var measures: [Measure] = [.parameters, .trainLoss, .trainAccuracy, .testLoss, .testAccuracy, .bestTestAccuracy]
        if trials.contains(where: { $0.recipe.experiment.split.validation > 0 }) { measures.append(.bestValidationError) }
        if let milestone { measures.append(.epochs(to: milestone)) }
        if case .stepsToTarget(let target) = analysis { measures.append(.stepsToGoal(target.goal)) }
        return measures
    }

    /// Those that conclusions are drawn from.
    public var judged: [Measure] {
        if case .stepsToTarget(let target) = analysis { return [.stepsToGoal(target.goal), .bestValidationError] }
        return [.trainAccuracy, .testAccuracy] + (milestone.map { [.epochs(to: $0)] } ?? [])
    }
}

extension Experiment {
    /// Trained values of the model; nil where nothing says what data it is for.
    var parameterCount: Int? {
        switch model {
        case .described(let model): try? model.parameterCount()
        case .named(let builtIn): data.flatMap { try? builtIn.model(input: $0.input, classes: $0.classes).parameterCount() }
        }
    }
}
