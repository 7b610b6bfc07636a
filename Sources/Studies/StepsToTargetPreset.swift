import Diagnostics
import Networks
import Training

/// A workload of steps-to-target: what is trained on what, to which validation error, and where the search looks.
public struct StepsToTargetPreset: Sendable {
    public enum Name: String, Sendable, CaseIterable {
        case mlp
        case simpleCNN = "simple-cnn"
        case resnet8Plain = "resnet8-plain"
    }

    let model: BuiltInModel.Name
    let goal: Double
    let batches: [Int]
    let rates: ClosedRange<Double>
    let schedule: Schedule
    /// A trial of batch B has at most `leastSteps` + `epochs` · samples ÷ B steps: enough for both ends of the curve.
    let leastSteps: Int
    let epochs: Double

    init(_ name: Name, format: String) {
        switch name {
        case .mlp:
            (model, goal, batches, rates) = (.mlp, 0.03, [16, 64, 256, 1024, 4096], 0.03...3)
            (schedule, leastSteps, epochs) = (.constant, 400, 4)
        case .simpleCNN:
            (model, batches, rates) = (.simpleCNN, [32, 128, 512, 2048, 8192], 0.01...2)
            goal = format == "fashion-mnist" ? 0.1 : 0.01
            (schedule, leastSteps, epochs) = (.constant, 400, 4)
        case .resnet8Plain:
            (model, goal, batches, rates) = (.resnet8Plain, 0.3, [32, 128, 512, 2048], 0.01...3)
            (schedule, leastSteps, epochs) = (Schedule(.linear(end: 0.01, share: 1)), 1500, 15)
        }
    }

    /// The paper's budget is 100 trials of each batch size; these are the default, which a laptop ends overnight, and the quick one.
    private static let (usualTrials, quickTrials) = (20, 6)
    /// Between two evaluations a hundredth of a trial's steps.
    private static let evaluations = 100

    static func study(_ request: StudyRequest) throws -> Study {
        let search = request.search
        let preset = StepsToTargetPreset(search.preset, format: request.dataset.name)
        let methods = search.methods ?? [.sgd, .nesterov]
        let trials = search.trials ?? (request.isQuick ? quickTrials : usualTrials)
        let space = SearchSpace(rates: search.rates ?? preset.rates, frictions: search.frictions ?? 0.01...0.5)
        let goal = search.goal ?? preset.goal
        let recipe = try preset.recipe(request, goal: goal)
        let samples = recipe.experiment.split.trainingCount(of: request.dataset.training.count)
        let batches = (search.batches ?? preset.batches).filter { $0 <= samples }.sorted()
        guard let largest = batches.last else {
            throw Failure(.usage, "--batches: none of them is at most the \(samples) training images")
        }
        var variations: [Variation] = []
        for index in 0..<trials {
            for (section, method) in methods.enumerated() {
                for (place, batch) in batches.enumerated() {
                    // Every batch size and method has a thousand points of the sequence for itself.
                    let number = (section * batches.count + place) * 1_000 + index + 1
                    let shown =
                        [RecipeSetting("global-batch", "\(batch)")]
                        + space.settings(number, method, smooths: batch == largest && batches.count > 1)
                    variations.append(
                        Variation(
                            shown, applied: shown + preset.steps(batch, samples: samples, method, request), series: method.title))
                }
            }
        }
        return Study(
            name: "steps-to-target",
            question:
                "How many steps does \(recipe.experiment.model.name) on \(request.dataset.name) take to a validation error below \(goal), "
                + "by batch size, with rate and momentum searched for each batch size alone (\(trials) trials each, effective rate "
                + "\(space.rates.lowerBound) to \(space.rates.upperBound), 1 − momentum \(space.frictions.lowerBound) to "
                + "\(space.frictions.upperBound))?",
            reported:
                "Shallue et al.: perfect scaling, diminishing returns and maximal data parallelism in every workload; momentum and "
                + "Nesterov extend perfect scaling to larger batches than plain SGD and match it at small ones; the best rate follows neither "
                + "the linear nor the square-root rule everywhere.",
            analysis: .stepsToTarget(Study.Target(goal: goal, space: space)),
            trials: try Study.trials(of: variations, over: recipe, seeds: request.seeds))
    }

    private func recipe(_ request: StudyRequest, goal: Double) throws -> Recipe {
        var experiment = Experiment(model: .named(BuiltInModel(model)))
        // 55,000 of MNIST's images, 45,000 of CIFAR-10's, are left to train on; of small sets a tenth is held out.
        experiment.split.validation = min(5_000, request.dataset.training.count / 10)
        experiment.schedule = schedule
        var recipe = try request.recipe(experiment)
        recipe.execution.goal = goal
        return recipe
    }

    /// What hangs on the batch size and is not searched.
    private func steps(_ batch: Int, samples: Int, _ method: SearchSpace.Method, _ request: StudyRequest) -> [RecipeSetting] {
        let perEpoch = (samples + batch - 1) / batch
        let most = leastSteps + Int(epochs * Double(samples) / Double(batch))
        return [
            RecipeSetting("epochs", "\((most + perEpoch - 1) / perEpoch)"), RecipeSetting("max-steps", "\(most)"),
            RecipeSetting("evaluate-every", "\(max(1, most / Self.evaluations))"),
            // No fewer than two, for two ranks; of at most 128 samples each, which stay in the cache.
            RecipeSetting("micro-batches", "\(min(batch, max(8, batch / 128)))"),
            RecipeSetting("optimiser.nesterov", "\(method == .nesterov)"),
        ]
    }
}
