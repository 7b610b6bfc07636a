import Networks
import Testing

@testable import Studies
@testable import Training

/// What a study says of planted results.
@Suite struct ConclusionTests {
    /// A study of three models with these test accuracies, one for each seed.
    private func table(_ accuracies: [[Double]]) throws -> ResultTable {
        let names = ["lenet5", "lenet5-dilated", "lenet5-deep"]
        let trials = try Study.trials(
            of: names.map { Variation([RecipeSetting("model", $0)]) },
            over: Recipe(experiment: Experiment(model: .named(BuiltInModel(.lenet5)))),
            seeds: accuracies[0].count)
        let study = Study(name: "planted", question: "?", analysis: .baseline(within: nil), trials: trials)
        let outcomes = trials.enumerated().map { index, trial in
            let accuracy = accuracies[index % names.count][index / names.count]
            return TrialOutcome(
                trial: trial, status: accuracy.isNaN ? .diverged : .done,
                lines: accuracy.isNaN ? [] : [.init(epoch: 1, step: 1, split: .test, samples: 1_000, accuracy: accuracy)])
        }
        return ResultTable(study, outcomes)
    }

    private func sentences(_ accuracies: [[Double]]) throws -> [String] { Conclusions(try table(accuracies)).sentences }

    @Test func differencesBeyondTheSpread() throws {
        let found = try sentences([[0.50, 0.51, 0.49], [0.61, 0.60, 0.62], [0.505, 0.495, 0.51]])
        #expect(
            found == [
                "test accuracy: model lenet5 (0.5000) is below model lenet5-dilated (0.6100)",
                "test accuracy: model lenet5 (0.5000): no difference found from model lenet5-deep (0.5033)",
            ])
    }

    /// A factor is judged beside its own kind, and the kinds beside each other.
    @Test func eachGroupHasItsBaseline() throws {
        let points: [(String, String, [Double])] = [
            ("CNN", "none", [0.50, 0.51, 0.49]), ("CNN", "dropout", [0.60, 0.61, 0.59]), ("ResNet", "none", [0.70, 0.71, 0.69]),
            ("ResNet", "dropout", [0.70, 0.69, 0.71]),
        ]
        let trials = try Study.trials(
            of: points.map { Variation([RecipeSetting("network", $0.0), RecipeSetting("change", $0.1)], applied: []) },
            over: Recipe(experiment: Experiment(model: .named(BuiltInModel(.lenet5)))), seeds: 3)
        let study = Study(name: "planted", question: "?", analysis: .baseline(within: "network"), trials: trials)
        let outcomes = trials.enumerated().map { index, trial in
            TrialOutcome(
                trial: trial, status: .done,
                lines: [.init(epoch: 1, step: 1, split: .test, samples: 1_000, accuracy: points[index % 4].2[index / 4])])
        }
        #expect(
            Conclusions(ResultTable(study, outcomes)).sentences == [
                "test accuracy: network CNN, change none (0.5000) is below network CNN, change dropout (0.6000)",
                "test accuracy: network ResNet, change none (0.7000): no difference found from network ResNet, change dropout (0.7000)",
                "test accuracy: network CNN, change none (0.5000) is below network ResNet, change none (0.7000)",
            ])
    }

    /// Another network at the same rate is held against the first network at that rate.
    @Test func counterparts() throws {
        let rate = RecipeSetting("optimiser.rate", "0.1")
        let points: [([RecipeSetting], [Double])] = [
            ([], [0.90, 0.91, 0.89]), ([rate], [0.80, 0.81, 0.79]), ([RecipeSetting("hidden", "100"), rate], [0.90, 0.89, 0.91]),
        ]
        let trials = try Study.trials(
            of: points.map { Variation($0.0, applied: []) },
            over: Recipe(experiment: Experiment(model: .named(BuiltInModel(.lenet5)))), seeds: 3)
        let outcomes = trials.enumerated().map { index, trial in
            TrialOutcome(
                trial: trial, status: .done,
                lines: [.init(epoch: 1, step: 1, split: .test, samples: 1_000, accuracy: points[index % 3].1[index / 3])])
        }
        let study = Study(name: "planted", question: "?", analysis: .baseline(within: nil), trials: trials)
        let found = Conclusions(ResultTable(study, outcomes)).sentences
        #expect(found.contains("test accuracy: rate 0.1 (0.8000) is below hidden 100, rate 0.1 (0.9000)"), "\(found)")
    }

    /// A milestone that one seed of two comes to is no figure of the point.
    @Test func aMilestoneThatNotAllReach() throws {
        let trials = try Study.trials(
            of: ["lenet5", "lenet5-deep"].map { Variation([RecipeSetting("model", $0)]) },
            over: Recipe(experiment: Experiment(model: .named(BuiltInModel(.lenet5)))), seeds: 2)
        let study = Study(
            name: "planted", question: "?", analysis: .baseline(within: nil),
            milestone: Study.Milestone(split: "test", accuracy: 0.98), trials: trials)
        let outcomes = zip(trials, [0.99, 0.99, 0.99, 0.5]).map { trial, accuracy in
            TrialOutcome(
                trial: trial, status: .done, lines: [.init(epoch: 1, step: 1, split: .test, samples: 1_000, accuracy: accuracy)])
        }
        let found = Conclusions(ResultTable(study, outcomes)).sentences
        #expect(found.contains { $0.hasSuffix("not reached at model lenet5-deep (1 of 2)") }, "\(found)")
        #expect(!found.contains { $0.contains("epochs") && $0.contains("no difference") }, "\(found)")
        let none = outcomes.map { TrialOutcome(trial: $0.trial, status: .done, lines: []) }
        #expect(Conclusions(ResultTable(study, none)).sentences.last?.hasSuffix("not reached at any setting") ?? false)
    }

    @Test func oneSeedClaimsNothing() throws {
        let found = try sentences([[0.5], [0.9], [0.1]])
        #expect(
            found.count == 1 && found[0].hasSuffix("one seed, so the spread is unknown and no difference is claimed"), "\(found)")
    }

    @Test func divergenceIsAResult() throws {
        let found = try sentences([[0.50, 0.51], [.nan, .nan], [0.50, 0.51]])
        #expect(found.last == "training diverges at model lenet5-dilated", "\(found)")
    }

    @Test func theTableHoldsEveryDigitAndTimesLast() throws {
        let rows = try table([[1.0 / 3], [.nan], [0.25]]).csv.split(separator: "\n").map(String.init)
        #expect(rows[0].hasPrefix("trial,model,seed,status,") && rows[0].hasSuffix(",seconds_per_epoch,seconds"))
        #expect(rows[1].contains(",\(1.0 / 3),") && rows[2].contains(",diverged,"), "\(rows)")
    }
}

extension RunMetrics.Line {
    fileprivate init(epoch: Int, step: Int, split: RunMetrics.Split, samples: Int, accuracy: Double) {
        self.init(
            epoch: epoch, step: step, split: split, samples: samples, loss: 1, accuracy: accuracy, learningRate: 0.1, seconds: 1,
            imagesPerSecond: 1, lossVariance: nil, gradientNorm: nil)
    }
}
