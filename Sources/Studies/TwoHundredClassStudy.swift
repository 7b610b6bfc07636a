import Diagnostics
import Networks
import Training

/// The 200-class report's CNN and ResNet, with one factor changed at a time.
enum TwoHundredClassStudy {
    static func study(_ request: StudyRequest) throws -> Study {
        var experiment = try BuiltInRecipe.named("cnn200-tiny-imagenet").experiment
        experiment.epochs = request.epochs ?? (request.isQuick ? 2 : 15)
        experiment.split.validation = request.dataset.training.count / 10
        let recipe = try request.recipe(experiment)
        func model(_ name: BuiltInModel.Name) -> Model {
            var found = BuiltInModel(name)
            // Such as --set model.width=0.25.
            if case .named(let chosen) = recipe.experiment.model { found.options = chosen.options }
            return found.model(input: recipe.experiment.data?.input ?? found.usualInput, classes: request.dataset.training.classes)
        }
        let (cnn, resnet) = (model(.cnn200), model(.resnet3443))
        func variation(_ name: String, _ model: Model, _ factor: String, _ settings: [RecipeSetting] = []) throws -> Variation {
            let text = String(decoding: try encodedJSON(model), as: UTF8.self)
            return Variation(
                [RecipeSetting("network", name), RecipeSetting("change", factor)],
                applied: [RecipeSetting("model", text)] + settings)
        }
        let constant = [RecipeSetting("plateau", "null")]
        let cosine = constant + [RecipeSetting("schedule", "{cosine: {end: 0}}")]
        let stopping = [RecipeSetting("early-stopping", "2")]
        let variations =
            try [("CNN", cnn, cnn.deeper(), "twice the convolutions"), ("ResNet", resnet, resnet.shallower(), "fewer blocks")]
            .flatMap { name, model, ofOtherDepth, depth in
                [
                    try variation(name, model, "none"), try variation(name, model.withDropout(0.5), "dropout 0.5"),
                    try variation(name, model.withoutBatchNorm(), "no BatchNorm"), try variation(name, ofOtherDepth, depth),
                    try variation(name, model, "constant rate", constant), try variation(name, model, "cosine", cosine),
                    try variation(name, model, "early stopping", stopping),
                ]
            } + [variation("ResNet", resnet.withoutResiduals(), "no residuals")]
        let trials = try Study.trials(of: variations, over: recipe, seeds: request.seeds)
        let unchanged = ["CNN", "ResNet"].compactMap { name in trials.first { $0.value(of: "network") == name }?.name }
        return Study(
            name: "cnn-or-resnet",
            question: "What do dropout, BatchNorm, residuals, depth and the schedule bring to a CNN and a ResNet?",
            reported:
                "Test accuracy 28.67 % of the CNN after 40 epochs, 22.81 % of the ResNet after 15; two GPUs were 1.88 and 1.71 times as "
                + "fast as one.",
            analysis: .baseline(within: "network"), curves: [.accuracy, .loss, .variance],
            speedUpTrials: unchanged, trials: trials)
    }
}
