import Diagnostics
import Foundation
import Scaling
import Timing
import Training

@testable import Studies

extension FuzzTarget {
    /// `study.json`, with its table and page while no trial has begun.
    static let study = FuzzTarget(
        "study", longestInput: 8_192,
        seeds: {
            let recipe = Recipe(experiment: Experiment(model: .named(try .init(named: "lenet5"))))
            let variations = ["0.1", "0.2"].map { Variation([RecipeSetting("optimiser.rate", $0)]) }
            let trials = try Study.trials(of: variations, over: recipe, seeds: 1)
            let target = Study.Target(goal: 0.1, space: SearchSpace(rates: 0.01...1))
            let analyses: [Study.Analysis] = [
                .trend(path: "optimiser.rate"), .comparison, .baseline(within: nil), .stepsToTarget(target),
            ]
            return try analyses.map { analysis in
                let study = Study(name: "rates", question: "Which?", analysis: analysis, curves: [.accuracy], trials: trials)
                return Array(try StudyRecord(study: study, command: ["lockstep", "study"], ranksPerTrial: 1).encoded())
            }
        },
        read: { bytes in
            let scratch = ScratchDirectory.shared
            try scratch.write(bytes, "study/study.json")
            let record = try StudyDirectory(path: scratch.path + "/study").record()
            let table = ResultTable(record.study, record.study.trials.map { TrialOutcome(trial: $0, status: .waiting) })
            _ = (table.csv, StudyPage(table, command: record.command).page.html())
        })

    /// What a study makes of a run's `metrics.csv`: the figures of a trial that has ended, its table and its page.
    static func readMetrics(of run: RunDirectory) throws {
        let lines = try RunMetrics.read(run).lines.filter { $0.split != .step }
        let recipe = Recipe(experiment: Experiment(model: .named(try .init(named: "lenet5"))))
        let trial = Trial(name: "trial-001", series: "", settings: [], recipe: recipe)
        let study = Study(name: "one", question: "", analysis: .comparison, curves: [.accuracy, .loss, .variance], trials: [trial])
        let table = ResultTable(study, [TrialOutcome(trial: trial, status: .done, lines: lines)])
        _ = (table.csv, StudyPage(table, command: []).page.html())
        _ = table.outcomes[0].stepsTo(validationError: 0.5)
    }

    /// Records of timed steps.
    static let steps = FuzzTarget(
        "steps", longestInput: 8_192, seeds: { [Array(try encodedJSON([timedSteps(ranks: 2)]))] },
        read: { bytes in
            let path = try ScratchDirectory.shared.write(bytes, "steps.json")
            for record in try StepRecord.read(path) {
                _ = (record.imagesPerSecond, record.sentBytes, record.largestClockDifference)
            }
            _ = try StepRecord.readComputing(path)
        })

    /// `scaling.json`, with its page.
    static let scaling = FuzzTarget(
        "scaling", longestInput: 16_384,
        seeds: {
            let environment = ScalingEnvironment(
                release: "0.1.0", processor: "one", cores: 2, hosts: ["a"], mpi: "Open MPI", system: "Linux", peak: [1e11])
            let points = [1, 2].map { ScalingPoint(.strong, ranks: $0, turns: [timedSteps(ranks: $0), nil]) }
            return [
                Array(try encodedJSON(ScalingRecord(recipe: "r", command: ["lockstep"], environment: environment, points: points)))
            ]
        },
        read: { bytes in
            let record = try ScalingRecord.read(try ScratchDirectory.shared.write(bytes, "scaling.json"))
            _ = (ScalingPage(record).page.html(), ScalingPage(record).text(columns: 100))
        })

    private static func timedSteps(ranks: Int) -> StepRecord {
        let each = (0..<ranks).map { _ in
            var parts = StepParts()
            (parts.forward, parts.backward, parts.update) = (0.01, 0.02, 0.001)
            var rank = RankSteps(
                host: "a", samples: 32, steps: [parts.sum, parts.sum], ownWork: [parts.sum, parts.sum], parts: parts,
                independentSeconds: 2 * parts.sum,
                operations: [
                    TimedOperation("forward", .forward, seconds: 0.01, microBatch: 0),
                    TimedOperation("backward", .backward, seconds: 0.02, microBatch: 0),
                    TimedOperation("start", .start, seconds: 0, bucket: 0, form: .allReduce),
                    TimedOperation("finish", .finish, seconds: 0, bucket: 0, form: .allReduce),
                    TimedOperation("update", .update, seconds: 0.001),
                ], sentBytes: 4_096)
            rank.computing = ComputeTimes(groupSamples: 8, prepare: 0, forward: [1e-3], backward: [2e-3], update: 1e-9)
            return rank
        }
        return StepRecord(
            measuredAt: "2026-01-02T03:04:05Z", model: "lenet5", globalBatch: 32 * ranks, microBatches: 8,
            exchange: .init(ranks > 1 ? .tree : .none), buckets: [.init(firstFloat: 0, floats: 1_000)], ranks: each)
    }
}
