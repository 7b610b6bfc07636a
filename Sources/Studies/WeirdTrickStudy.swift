import Networks
import Training

/// Krizhevsky's "one weird trick" (arXiv:1404.5997): hybrid parallelism, its three schemes, variable batch, and what large batches cost.
enum WeirdTrickStudy {
    static func study(_ request: StudyRequest) throws -> Study {
        var experiment = try BuiltInRecipe.named("alexnet32-cifar10").experiment
        experiment.epochs = request.epochs ?? (request.isQuick ? 1 : 4)
        var recipe = try request.recipe(experiment)
        if request.isQuick, request.subset == nil { recipe.experiment.split.subset = 0.1 }
        func variation(_ way: String, batch: Int, _ settings: [RecipeSetting]) -> Variation {
            let batch = RecipeSetting("global-batch", "\(batch)")
            return Variation([RecipeSetting("way", way), batch], applied: settings + [batch])
        }
        func hybrid(_ scheme: String) -> [RecipeSetting] {
            [RecipeSetting("parallelism", "hybrid"), RecipeSetting("scheme", scheme)]
        }
        let ways =
            [variation("replicated", batch: 128, [])] + ["a", "b", "c"].map { variation("hybrid \($0)", batch: 128, hybrid($0)) }
        let large = [256, 512, 1024].flatMap { batch in
            // Linear layers keep the batch of 128.
            [
                variation("replicated", batch: batch, []),
                variation(
                    "hybrid b, variable batch", batch: batch,
                    hybrid("b") + [RecipeSetting("variable-batch", "{passes: \(batch / 128), scheme: b}")]),
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
