import Cluster
import Diagnostics
import Foundation
import Statistics
import Training

/// How long a study will take, from some timed steps of each kind of trial.
public struct TimeEstimate: Sendable {
    /// By trial.
    public let seconds: [String: Double]

    public func total(of trials: some Sequence<Trial>, workers: Int) -> Double {
        trials.reduce(0) { $0 + (seconds[$1.name] ?? 0) } / Double(workers)
    }

    /// Times five steps, and the evaluation behind them, of one trial of each model, batch and way of keeping in step, in a temporary directory.
    ///
    /// - Parameter ranks: of each trial.
    /// - Throws: `Failure` with a run's own words where it cannot be trained.
    public static func timing(_ study: Study, ranks: Int, progress: (Int, Int) -> Void) throws -> TimeEstimate {
        var kinds: [String: [Trial]] = [:]
        for trial in study.trials {
            let experiment = trial.recipe.experiment
            let model = String(decoding: try encodedJSON(experiment.model), as: UTF8.self)
            let execution = trial.recipe.execution
            let way = "\(execution.parallelism) \(execution.scheme) \(String(describing: experiment.variableBatch))"
            kinds["\(model) \(experiment.globalBatch) \(experiment.microBatches) \(way)", default: []].append(trial)
        }
        var seconds: [String: Double] = [:]
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-timing-\(UUID().uuidString.prefix(8))")
            .path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (index, trials) in kinds.values.enumerated() {
            progress(index + 1, kinds.count)
            let timed = try time(trials[0], in: "\(folder)/\(index)", ranks: ranks)
            for trial in trials { seconds[trial.name] = timed.seconds(for: trial) }
        }
        return TimeEstimate(seconds: seconds)
    }

    private struct Timed {
        let start: Double
        let step: Double
        let validation: Double
        let test: Double

        func seconds(for trial: Trial) -> Double {
            let experiment = trial.recipe.experiment
            let steps = trial.work / Double(experiment.globalBatch)
            let every = trial.recipe.execution.evaluateEvery
            let validations = Double(experiment.epochs) + (every > 0 ? steps / Double(every) : 0)
            return start + steps * step + validations * validation + Double(experiment.epochs) * test
        }
    }

    private static let steps = 5

    private static func time(_ trial: Trial, in folder: String, ranks: Int) throws -> Timed {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var recipe = trial.recipe
        (recipe.execution.maxSteps, recipe.execution.goal, recipe.execution.logEvery) = (steps, nil, 1)
        // A step that diverges is timed like any other.
        recipe.experiment.optimiser.rate = min(recipe.experiment.optimiser.rate, 1e-4)
        try encodedJSON(recipe).writeReplacing("\(folder)/recipe.json")
        let start = Date()
        let code = try RankLaunch(ranks: ranks, arguments: ["train", "\(folder)/recipe.json", "--run", "\(folder)/run"])
            .run(output: "\(folder)/output.txt")
        guard code == 0 else {
            throw Failure(
                Failure.Kind(rawValue: code) ?? .fault,
                "\(trial.name) (\(trial.label)): \(TrialEnd.lastWords(of: "\(folder)/output.txt", code: code).joined(separator: " "))"
            )
        }
        let whole = Date().timeIntervalSince(start)
        let lines = RunMetrics.epochLines(of: RunDirectory(path: "\(folder)/run"))
        func seconds(_ split: RunMetrics.Split) -> [Double] { lines.filter { $0.split == split }.map(\.seconds) }
        let all = lines.reduce(0) { $0 + $1.seconds }
        // The first look at held-out images may still make its plan.
        return Timed(
            start: max(0, whole - all), step: seconds(.train).reduce(0, +) / Double(steps),
            validation: seconds(.validation).isEmpty ? 0 : seconds(.validation).median, test: seconds(.test).median)
    }
}
