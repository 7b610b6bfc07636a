import Networks
import Training

/// The batch-size report's experiments: LeNet-5 on CIFAR-10, dropout before the output, plain SGD without momentum.
enum LeNetStudies {
    private static let start = Study.Milestone(split: "train", accuracy: 0.5)

    static func batchSize(_ request: StudyRequest) throws -> Study {
        let batches = [8, 16, 32, 64, 128, 256]
        return Study(
            name: "batch-size",
            question: "How do accuracy at equal epochs, and time, hang on the global batch, at one learning rate (0.01)?",
            reported:
                "Training accuracy at equal epochs, and its early rate, rise and then fall with the batch, the best being 64; an epoch took "
                + "31 s at batch 8 and 16 s at batch 16 on a GTX 1050 Ti. Test accuracy was left open.",
            analysis: .trend(path: "global-batch"), milestone: start,
            trials: try Study.trials(
                of: batches.map { Variation([RecipeSetting("global-batch", "\($0)")]) }, over: recipe(request), seeds: request.seeds
            ))
    }

    static func learningRate(_ request: StudyRequest) throws -> Study {
        let rates = ["0.5", "0.1", "0.05", "0.01", "0.005", "0.001", "0.0005", "0.0001", "0.00005", "0.00001"]
        return Study(
            name: "learning-rate",
            question: "How does accuracy at equal epochs hang on the learning rate, at a global batch of 128?",
            reported: "Training accuracy at equal epochs rises and then falls with the rate; large rates do not converge.",
            analysis: .trend(path: "optimiser.rate"), milestone: start,
            trials: try Study.trials(
                of: rates.map { Variation([RecipeSetting("optimiser.rate", $0)]) },
                over: recipe(request, RecipeSetting("global-batch", "128")), seeds: request.seeds))
    }

    static func convolutionKind(_ request: StudyRequest) throws -> Study {
        try models(
            ["lenet5", "lenet5-dilated", "lenet5-depthwise"], name: "convolution-kind",
            question: "Do dilated or depthwise-separable convolutions do as well as plain ones?", request)
    }

    static func depth(_ request: StudyRequest) throws -> Study {
        try models(
            ["lenet5", "lenet5-shallow", "lenet5-deep"], name: "depth",
            question: "Do one or four convolutions do as well as LeNet-5's two?", request)
    }

    private static func models(_ names: [String], name: String, question: String, _ request: StudyRequest) throws -> Study {
        Study(
            name: name, question: question, reported: "On the report's list of wishes; it did not try this.",
            analysis: .baseline(within: nil),
            milestone: start,
            trials: try Study.trials(
                of: names.map { Variation([RecipeSetting("model", $0)]) },
                // The report's best batch.
                over: recipe(request, RecipeSetting("global-batch", "64")), seeds: request.seeds))
    }

    /// Twenty epochs of the report's 500.
    private static func recipe(_ request: StudyRequest, _ settings: RecipeSetting...) throws -> Recipe {
        var experiment = Experiment(model: .named(BuiltInModel(.lenet5)))
        experiment.epochs = request.epochs ?? (request.isQuick ? 3 : 20)
        return try request.recipe(experiment).with(settings)
    }
}
