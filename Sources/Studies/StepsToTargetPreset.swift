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
        guard request.epochs == nil else {
            throw Failure(
                .usage,
                "--epochs: found \(request.epochs ?? 0), but steps-to-target gives each batch size its steps; see --trials, --batches"
            )
        }
        let search = request.search
        let preset = StepsToTargetPreset(search.preset, format: request.dataset.name)
        let methods = search.methods ?? [.sgd, .nesterov]
        let trials = search.trials ?? (request.isQuick ? quickTrials : usualTrials)
        let space = SearchSpace(rates: search.rates ?? preset.rates, frictions: search.frictions ?? 0.01...0.5)
        let goal = search.goal ?? preset.goal
        let recipe = try preset.recipe(request, goal: goal)
        let workloads = try VaryStudy.grid(search.workloads).map { settings in
            try Workload(
                settings, recipe.with(settings), images: request.dataset.training.count, batches: search.batches ?? preset.batches)
        }
        var variations: [Variation] = []
        for index in 0..<trials {
            var section = 0
            for workload in workloads {
                for method in methods {
                    for batch in workload.batches {
                        // Every workload, method and batch size has a thousand points of the sequence for itself.
                        let number = section * 1_000 + index + 1
                        section += 1
                        let smooths = batch == workload.batches.last && workload.batches.count > 1
                        let shown = [RecipeSetting("global-batch", "\(batch)")] + space.settings(number, method, smooths: smooths)
                        variations.append(
                            Variation(
                                shown, applied: workload.settings + shown + preset.steps(batch, workload, method),
                                series: workload.title(method)))
                    }
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

    /// What is searched alike beside others: the preset itself, or the preset with some settings of its own.
    private struct Workload {
        let settings: [RecipeSetting]
        /// Trained on in an epoch.
        let samples: Int
        let batches: [Int]

        init(_ settings: [RecipeSetting], _ recipe: Recipe, images: Int, batches: [Int]) throws {
            let samples = recipe.experiment.split.trainingCount(of: images)
            (self.settings, self.samples) = (settings, samples)
            self.batches = batches.filter { $0 <= samples }.sorted()
            guard !self.batches.isEmpty else {
                throw Failure(.usage, "--batches: none of them is at most the \(samples) training images")
            }
        }

        func title(_ method: SearchSpace.Method) -> String {
            ([method.title] + (settings.isEmpty ? [] : [Trial.label(of: settings, series: "")])).joined(separator: ", ")
        }
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
    private func steps(_ batch: Int, _ workload: Workload, _ method: SearchSpace.Method) -> [RecipeSetting] {
        let samples = workload.samples
        let perEpoch = (samples + batch - 1) / batch
        let most = leastSteps + Int(epochs * Double(samples) / Double(batch))
        return [
            RecipeSetting("epochs", "\((most + perEpoch - 1) / perEpoch)"), RecipeSetting("max-steps", "\(most)"),
            RecipeSetting("evaluate-every", "\(max(1, most / Self.evaluations))"),
            // No fewer than two, for two ranks; of at most 128 samples each, which stay in the cache.
            RecipeSetting("micro-batches", "\(min(batch, max(8, batch / 128)))"),
            RecipeSetting("optimiser.nesterov", "\(method == .nesterov)"),
        ] + (method == .sgd ? [RecipeSetting("optimiser.momentum", "0")] : [])
    }
}
