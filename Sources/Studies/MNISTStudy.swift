import Diagnostics
import Networks
import Training

/// The MNIST report's experiments: its best CNN, and what comes of changing one setting at a time.
enum MNISTStudy {
    static func study(_ request: StudyRequest) throws -> Study {
        var experiment = try BuiltInRecipe.named("mnist-cnn").experiment
        experiment.epochs = request.epochs ?? (request.isQuick ? 2 : 10)
        let recipe = try request.recipe(experiment)
        guard recipe.experiment.data?.input.channels == 1 else {
            throw Failure(
                .usage,
                "mnist-cnn needs grey images, such as MNIST's: found \(recipe.experiment.data?.description ?? "none"); set --data")
        }
        let variations =
            try [Variation([])] + trainingSettings(epochs: experiment.epochs) + modelSettings + deviations(request)
            + perceptrons(request)
        return Study(
            name: "mnist-cnn", question: "Which settings matter to a small CNN on MNIST, and how does it compare to perceptrons?",
            reported:
                "Best 0.990 with 16 channels of 3×3, rate 0.01, momentum 0.9, no weight decay, batch 100; above 0.98 in fewer than five "
                + "epochs; training cannot start at an initial deviation of 0.01. A CNN has far fewer parameters than a perceptron.",
            analysis: .baseline(within: nil), milestone: Study.Milestone(split: "test", accuracy: 0.98),
            trials: try Study.trials(of: variations, over: recipe, seeds: request.seeds))
    }

    private static func one(_ path: String, _ values: String...) -> [Variation] {
        values.map { Variation([RecipeSetting(path, $0)]) }
    }

    private static func trainingSettings(epochs: Int) -> [Variation] {
        one("optimiser.rate", "0.1", "0.03", "0.003", "0.001") + one("optimiser.momentum", "0", "0.5")
            + one("optimiser.momentum-until", "\(max(1, epochs / 2))") + one("optimiser.weight-decay", "0.0001", "0.001")
            + one("loss", "euclidean") + one("plateau", "{tolerance: 0.001, factor: 0.5}")
    }

    private static var modelSettings: [Variation] { one("model.kernel", "5") + one("model.channels", "4", "8") }

    /// A normal distribution's deviation itself, or as many times 1 ÷ √inputs: the report's word fits both.
    private static func deviations(_ request: StudyRequest) throws -> [Variation] {
        try ["0.01", "0.1", "1"].flatMap { text in
            try [false, true].map { isScaled in try initialised(BuiltInModel(.mnistCNN), text, isScaled: isScaled, request) }
        }
    }

    private static func initialised(
        _ model: BuiltInModel, _ deviation: String, isScaled: Bool, _ request: StudyRequest, others: [RecipeSetting] = []
    ) throws -> Variation {
        let value = Double(deviation) ?? 0
        let (input, classes) = (model.usualInput, request.dataset.training.classes)
        let whole = model.model(input: input, classes: classes)
            .initialised(by: isScaled ? .scaledNormal(deviation: value) : .normal(deviation: value))
        return Variation(
            others + [RecipeSetting(isScaled ? "initial-deviation-by-inputs" : "initial-deviation", deviation)],
            applied: [RecipeSetting("model", String(decoding: try encodedJSON(whole), as: UTF8.self))]
                + others.filter { $0.path != "hidden" })
    }

    /// One and two hidden layers, over rate and deviation.
    private static func perceptrons(_ request: StudyRequest) throws -> [Variation] {
        try [[100], [100, 50]].flatMap { widths in
            var model = BuiltInModel(.mlp)
            model.options.widths = widths
            let hidden = RecipeSetting("hidden", widths.map(String.init).joined(separator: "+"))
            let named = RecipeSetting("model", "{name: mlp, widths: \(widths)}")
            let rates = ["0.01", "0.1"].map { rate in
                let rate = RecipeSetting("optimiser.rate", rate)
                return Variation([hidden, rate], applied: [named, rate])
            }
            return try rates + ["0.01", "1"].map { try initialised(model, $0, isScaled: false, request, others: [hidden]) }
        }
    }
}
