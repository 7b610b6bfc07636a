import Foundation
import Training

/// How far a study is.
public struct StudyProgress: Sendable {
    public let total: Int
    public let ended: Int
    public let running: Int
    public let diverged: Int
    public let failed: Int
    /// The trial with the best of the figures that are judged first, and that figure.
    public let best: (trial: Trial, text: String)?
    /// Seconds; nil before the first trial has ended.
    public let timeLeft: Double?
    /// Ended since the last look.
    public let news: [TrialOutcome]

    public var left: Int { total - ended - running }
}

/// Follows a study by its files, whoever writes them.
final class StudyWatch {
    private let study: Study
    private let directory: StudyDirectory
    private var known: [String: TrialOutcome] = [:]
    private var seconds: [String: Double] = [:]
    private var running: Set<String> = []

    init(_ study: Study, in directory: StudyDirectory) { (self.study, self.directory) = (study, directory) }

    /// In the order of the trials; of those that have not ended, as far as they are.
    var outcomes: [TrialOutcome] {
        study.trials.map { trial in
            known[trial.name]
                ?? TrialOutcome(
                    trial: trial, status: running.contains(trial.name) ? .running : .waiting,
                    lines: RunMetrics.epochLines(of: directory.run(trial)))
        }
    }

    func look(_ claims: Claims, workers: Int) throws -> StudyProgress {
        var news: [TrialOutcome] = []
        let standing = try claims.standing()
        running = []
        for trial in study.trials where known[trial.name] == nil {
            if let end = directory.end(of: trial) {
                let outcome = TrialOutcome(trial, end, in: directory)
                known[trial.name] = outcome
                seconds[trial.name] = end.seconds
                news.append(outcome)
            } else if let number = standing[trial.name], claims.isAlive(trial.name, number) {
                running.insert(trial.name)
            }
        }
        let outcomes = known.values
        return StudyProgress(
            total: study.trials.count, ended: known.count, running: running.count,
            diverged: outcomes.count { $0.status == .diverged },
            failed: outcomes.count(where: \.hasFailed), best: best,
            timeLeft: timeLeft(workers: workers),
            news: news)
    }

    private var best: (trial: Trial, text: String)? {
        let measure = study.headline
        let sign = measure.isLargerBetter ? 1.0 : -1.0
        let figures = study.trials.compactMap { trial -> (trial: Trial, value: Double)? in
            guard let outcome = known[trial.name], outcome.status == .done, let value = measure.value(outcome) else { return nil }
            return (trial, value)
        }
        return figures.max { sign * $0.value < sign * $1.value }.map { ($0.trial, "\(measure.title) \(measure.text($0.value))") }
    }

    /// What is left takes as long for a sample as what has ended.
    private func timeLeft(workers: Int) -> Double? {
        var (spent, done, left) = (0.0, 0.0, 0.0)
        for trial in study.trials {
            let work = trial.work
            if let seconds = seconds[trial.name] { (spent, done) = (spent + seconds, done + work) } else { left += work }
        }
        return done > 0 ? spent / done * left / Double(workers) : nil
    }
}

extension Study {
    /// The figure that tells the best trial so far.
    var headline: Measure {
        if case .stepsToTarget = analysis { return .bestValidationError }
        return .testAccuracy
    }
}

extension Trial {
    /// Samples trained on, at most, where the data are as the recipe says; in arbitrary units where it does not say what they are.
    var work: Double {
        let experiment = recipe.experiment
        let samples = experiment.data.map { experiment.split.trainingCount(of: $0.training) } ?? 50_000
        let whole = Double(experiment.epochs) * Double(samples)
        return recipe.execution.maxSteps.map { min(whole, Double($0) * Double(experiment.globalBatch)) } ?? whole
    }
}
