import Datasets
import Diagnostics
import Networks
import Testing

@testable import Studies
@testable import Training

/// What steps-to-target plans, and what it says of planted results.
@Suite struct SearchTests {
    private func plan(_ place: StudyPlace, _ change: (inout StudyRequest) throws -> Void) throws -> Study {
        var request = StudyRequest(dataset: try Dataset.open(directory: place.data))
        (request.search.batches, request.search.trials) = ([16, 64], 2)
        try change(&request)
        return try StepsToTargetPreset.study(request)
    }

    @Test func everyWorkloadHasASearchOfItsOwn() throws {
        try StudyPlace.with { place in
            let study = try plan(place) {
                $0.search.workloads = [try VaryStudy.Axis("model.widths=[10],[20]")]
                // What sgd is called must have none.
                $0.settings = [RecipeSetting("optimiser.momentum", "0.5")]
            }
            #expect(study.trials.count == 2 * 2 * 2 * 2)
            let names = Set(study.trials.map(\.series))
            #expect(names == ["SGD, widths [10]", "SGD, widths [20]", "Nesterov, widths [10]", "Nesterov, widths [20]"])
            for trial in study.trials {
                let optimiser = trial.recipe.experiment.optimiser
                #expect(trial.series.hasPrefix("SGD") == (optimiser.momentum == 0 && !optimiser.nesterov), "\(trial.label)")
                #expect(trial.series.contains("[10]") == (trial.recipe.experiment.model == .named(Self.perceptron(10))))
            }
            #expect(Set(study.trials.map { "\($0.recipe.experiment.optimiser)" }).count == study.trials.count)
        }
    }

    private static func perceptron(_ width: Int) -> BuiltInModel {
        var model = BuiltInModel(.mlp)
        model.options.widths = [width]
        return model
    }

    @Test func itsStepsAreNoEpochs() throws {
        try StudyPlace.with { place in
            _ = #expect(throws: Failure.self) { try plan(place) { $0.epochs = 3 } }
        }
    }

    /// Results of SGD with these steps by batch size; nil where the goal is not reached.
    private func search(_ steps: [(batch: Int, steps: Int?)], smoothings: [Double] = [0]) throws -> StepsToTarget {
        let space = SearchSpace(rates: 0.01...1)
        let target = Study.Target(goal: 0.1, space: space)
        let variations = steps.flatMap { entry in
            smoothings.map { smoothing in
                Variation(
                    [
                        RecipeSetting("global-batch", "\(entry.batch)"), RecipeSetting("micro-batches", "1"),
                        RecipeSetting("loss.softmax.label-smoothing", "\(smoothing)"), RecipeSetting("optimiser.rate", "0.1"),
                    ], series: "SGD")
            }
        }
        let trials = try Study.trials(
            of: variations, over: Recipe(experiment: Experiment(model: .named(BuiltInModel(.lenet5)))), seeds: 1)
        let outcomes = trials.enumerated().map { index, trial in
            let entry = steps[index / smoothings.count]
            // The later smoothings take twice as long.
            let taken = entry.steps.map { $0 * (1 + index % smoothings.count) }
            return TrialOutcome(
                trial: trial, status: .done,
                lines: [
                    .init(
                        epoch: 1, step: taken ?? 1, split: .validation, samples: 1_000, loss: 1,
                        accuracy: taken == nil ? 0.5 : 0.95,
                        learningRate: 0.1, seconds: 1, imagesPerSecond: 1, lossVariance: nil, gradientNorm: nil)
                ])
        }
        let study = Study(name: "planted", question: "?", analysis: .stepsToTarget(target), trials: trials)
        return StepsToTarget(ResultTable(study, outcomes), target)
    }

    @Test func regimesAreToldWhereTheFormFits() throws {
        let found = try search([16, 64, 256, 1024, 4096].map { ($0, Int(100 * (1 + 256 / Double($0)))) }).sentences
        #expect(found.contains { $0.contains("perfect scaling up to about B = 51") && !$0.contains("extrapolated") }, "\(found)")
        let short = try search([64, 128, 256].map { ($0, Int(100 * (1 + 256 / Double($0)))) }).sentences
        #expect(short.contains { $0.hasSuffix("so extrapolated: the first and the second") }, "\(short)")
    }

    @Test func noRegimesWhereItDoesNot() throws {
        let found = try search([(16, 20), (64, 11), (256, 20), (1024, 12)]).sentences
        #expect(
            found.contains { $0.contains("no regimes are told") } && !found.contains { $0.contains("perfect scaling up") },
            "\(found)")
    }

    /// The largest batch that came to the goal is not the largest that was tried.
    @Test func aBatchThatFails() throws {
        let found = try search([(16, 400), (64, 100), (256, 26), (1024, nil)]).sentences
        #expect(found.contains { $0.hasSuffix("steps still fall at 256, the largest that reached the goal") }, "\(found)")
        #expect(found.contains("SGD: no trial of batch 1024 came below 0.1 within its steps"), "\(found)")
    }

    /// Of a study that is under way nothing is said of batches that still have trials to run.
    @Test func whatIsUnderWay() throws {
        let trials = try Study.trials(
            of: [Variation([RecipeSetting("global-batch", "16")], series: "SGD")],
            over: Recipe(experiment: Experiment(model: .named(BuiltInModel(.lenet5)))), seeds: 2)
        let target = Study.Target(goal: 0.1, space: SearchSpace(rates: 0.01...1))
        let study = Study(name: "planted", question: "?", analysis: .stepsToTarget(target), trials: trials)
        let outcomes = zip(trials, [.done, .waiting]).map { TrialOutcome(trial: $0, status: $1) }
        #expect(StepsToTarget(ResultTable(study, outcomes), target).sentences.isEmpty)
    }

    @Test func smoothingsAreToldApart() throws {
        let found = try search([(16, 400), (64, 100)], smoothings: [0, 0.1]).sentences
        #expect(
            found.contains(
                "SGD, batch 64, by label smoothing: 0.0 in 1 trial 100 steps (least error 0.0500); 0.1 in 1 trial 200 steps (least error 0.0500)"
            ),
            "\(found)")
    }
}
