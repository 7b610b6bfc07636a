import Diagnostics
import Networks
import Testing
import Training

@testable import Studies

/// What trials are made of a request.
@Suite struct PlanTests {
    private func recipe() -> Recipe { Recipe(experiment: Experiment(model: .named(BuiltInModel(.mnistCNN)))) }

    @Test func theGridHasEveryCombination() throws {
        let axes = try [VaryStudy.Axis("optimiser.rate=0.1,0.01"), VaryStudy.Axis("model.widths=[100],[100, 50],[1]")]
        let points = VaryStudy.grid(axes)
        #expect(points.count == 6)
        #expect(points[1].map(\.value) == ["0.1", "[100, 50]"])
        #expect(points[5].map(\.value) == ["0.01", "[1]"])
    }

    @Test(arguments: ["rate", "=1", "rate=", "rate=1,,2", "rate=1,1"]) func whatIsNoAxis(text: String) {
        #expect(throws: Failure.self) { try VaryStudy.Axis(text) }
    }

    /// Paths lead into the experiment, the execution, the short form of a model, and to what is not there yet.
    @Test func settingsByPath() throws {
        let changed = try recipe().with([
            RecipeSetting("optimiser.rate", "0.125"), RecipeSetting("model.channels", "4"), RecipeSetting("check-every", "7"),
            RecipeSetting("split.validation", "12"), RecipeSetting("plateau.patience", "3"),
            RecipeSetting("experiment.epochs", "2"),
            RecipeSetting("loss.softmax.label-smoothing", "0.25"),
        ])
        #expect(changed.experiment.loss == .softmax(labelSmoothing: 0.25))
        #expect(changed.experiment.optimiser.rate == 0.125 && changed.experiment.epochs == 2)
        #expect(changed.execution.checkEvery == 7 && changed.experiment.split.validation == 12)
        #expect(changed.experiment.plateau == .patience(epochs: 3, factor: 0.1, minimum: 0))
        var model = BuiltInModel(.mnistCNN)
        model.options.channels = 4
        #expect(changed.experiment.model == .named(model))
        #expect(try recipe().with([]) == recipe())
    }

    /// A number keeps every bit on the way through the text.
    @Test func numbersStayExact() throws {
        var start = recipe()
        (start.experiment.optimiser.rate, start.experiment.seed) = (0.1 + 0.2, .max)
        #expect(try start.with([RecipeSetting("epochs", "3")]).experiment.optimiser.rate == 0.1 + 0.2)
        #expect(try start.with([RecipeSetting("epochs", "3")]).experiment.seed == .max)
    }

    @Test(arguments: [
        ("optimiser.rte", "1", "did you mean 'rate'?"), ("optimizer.rate", "1", "did you mean 'optimiser'?"),
        ("model.chanels", "4", "did you mean 'channels'?"), ("epochs", "many", "expected a whole number"),
        ("optimiser.rate", "{", "is no value"),
    ])
    func wrongPathsSayWhatIsNear(path: String, value: String, words: String) {
        let failure = #expect(throws: Failure.self) { try recipe().with([RecipeSetting(path, value)]) }
        #expect(failure?.kind == .usage && failure?.description.contains(words) == true, "\(failure?.description ?? "")")
    }

    @Test func eachSeedIsATrial() throws {
        let variations = ["0.1", "0.2"].map { Variation([RecipeSetting("optimiser.rate", $0)]) }
        let trials = try Study.trials(of: variations, over: recipe(), seeds: 3)
        #expect(trials.map(\.seed) == [1, 1, 2, 2, 3, 3])
        #expect(Set(trials.map(\.name)).count == 6 && trials[0].name == "trial-001")
        #expect(Set(trials.map(StudyPoint.init)).count == 2)
    }

    @Test func theSearchStaysInItsSpace() throws {
        let space = SearchSpace(rates: 0.01...10, frictions: 0.01...0.5)
        for method in SearchSpace.Method.allCases {
            for index in 1...200 {
                let settings = space.settings(index, method, smooths: index.isMultiple(of: 2))
                func value(_ path: String) -> Double? { settings.first { $0.path == path }.flatMap { Double($0.value) } }
                let (rate, momentum) = (try #require(value("optimiser.rate")), value("optimiser.momentum") ?? 0)
                #expect((0.00999...10.01).contains(rate / (1 - momentum)), "\(settings)")
                #expect(method == .sgd ? momentum == 0 : (0.5...0.99).contains((momentum * 1e5).rounded() / 1e5), "\(settings)")
                #expect((value("loss.softmax.label-smoothing") != nil) == index.isMultiple(of: 2))
            }
        }
    }

    @Test func edgesAreTold() {
        let space = SearchSpace(rates: 0.01...1, frictions: 0.01...0.5)
        #expect(space.edges(rate: 0.1, momentum: 0, .sgd).isEmpty)
        #expect(space.edges(rate: 0.011, momentum: 0, .sgd) == ["the best effective rate is at the lower edge of the search"])
        #expect(space.edges(rate: 0.9 * 0.011, momentum: 0.989, .nesterov).count == 2)
    }

    @Test func modelVariants() throws {
        let resnet = BuiltInModel(.resnet3443).model(input: TensorShape(height: 64, width: 64, channels: 3), classes: 200)
        for model in [resnet.withoutBatchNorm(), resnet.withoutResiduals(), resnet.withDropout(0.5), resnet.shallower()] {
            _ = try model.resolvedLayers()
            #expect(model != resnet)
        }
        func blocks(_ model: Model) -> Int { model.layers.count { if case .residual = $0 { true } else { false } } }
        #expect(blocks(resnet) == 14 && blocks(resnet.withoutResiduals()) == 0)
        #expect(blocks(resnet.shallower()) == 4)
        let cnn = BuiltInModel(.cnn200).model(input: TensorShape(height: 32, width: 32, channels: 3), classes: 200)
        func convolutions(_ model: Model) -> Int { model.layers.count { if case .convolution = $0 { true } else { false } } }
        #expect(convolutions(cnn.deeper()) == 2 * convolutions(cnn))
        #expect(try cnn.deeper().resolvedLayers().last?.output == cnn.resolvedLayers().last?.output)
    }
}
