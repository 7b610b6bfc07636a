import Networks
import Training

/// Krizhevsky's "one weird trick" (arXiv:1404.5997): hybrid parallelism, its three schemes, variable batch, and what large batches cost.
enum WeirdTrickStudy {
    static func study(_ request: StudyRequest) throws -> Study {
        var experiment = try BuiltInRecipe.named("alexnet32-cifar10").experiment
        experiment.epochs = request.epochs ?? (request.isQuick ? 1 : 4)
        var recipe = try request.recipe(experiment)
        if request.isQuick, request.subset == nil { recipe.experiment.split.subset = 0.1 }
        let (usualBatch, rate) = (recipe.experiment.globalBatch, recipe.experiment.optimiser.rate)
        // The paper's heuristic: as many times the rate as the batch.
        func variation(_ way: String, batch: Int, _ settings: [RecipeSetting]) -> Variation {
            let own = [
                RecipeSetting("global-batch", "\(batch)"), RecipeSetting("optimiser.rate", "\(rate * Double(batch / usualBatch))"),
            ]
            return Variation([RecipeSetting("way", way)] + own, applied: settings + own)
        }
        func hybrid(_ scheme: String) -> [RecipeSetting] {
            [RecipeSetting("parallelism", "hybrid"), RecipeSetting("scheme", scheme)]
        }
        let ways =
            [variation("replicated", batch: usualBatch, [])]
            + ["a", "b", "c"].map { variation("hybrid \($0)", batch: usualBatch, hybrid($0)) }
        let large = [2, 4, 8].flatMap { times in
            let batch = times * usualBatch
            // Linear layers keep the usual batch.
            return [
                variation("replicated", batch: batch, []),
                variation(
                    "hybrid b, variable batch", batch: batch,
                    hybrid("b") + [RecipeSetting("variable-batch", "{passes: \(times), scheme: b}")]),
            ]
        }
        return Study(
            name: "weird-trick",
            question: "What do hybrid parallelism, its schemes and variable batch cost in accuracy, and bring in time?",
            reported:
                "On ImageNet, eight times the batch cost 0.95 points of error with one batch for all layers, 0.53 with variable batch, at "
                + "6.25 and 6.16 times the speed of one GPU.",
            analysis: .baseline(within: "global-batch"),
            trials: try Study.trials(of: ways + large, over: recipe, seeds: request.seeds))
    }
}
