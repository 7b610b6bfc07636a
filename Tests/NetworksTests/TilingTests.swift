import TestSupport
import Testing

@testable import Networks

/// Passes that run tile by tile and compute cheap results again give what one tile for all gives, but for the order of sums.
@Suite struct TilingTests {
    @Test(arguments: [BuiltInModel.Name.resnet8, .resnet8Plain, .lenet5, .vgg11, .cnn200, .simpleCNN])
    func builtInModels(name: BuiltInModel.Name) throws {
        let builtIn = BuiltInModel(name)
        try expectClose(builtIn.model(input: builtIn.usualInput, classes: 7), samples: 9)
    }

    /// Small tensors, so many samples: a tile is cut by bytes.
    @Test func drawnModels() throws {
        let models = (70..<110).map(RandomModel.drawn).filter { (try? $0.resolvedLayers()) != nil }
        #expect(models.count > 25)
        for model in models { try expectClose(model, samples: 5) }
    }

    /// Weights laid out for each pass are those laid out once.
    @Test(arguments: [BuiltInModel.Name.resnet8, .vgg11, .simpleCNN]) func weightsForEachPass(name: BuiltInModel.Name) throws {
        let builtIn = BuiltInModel(name)
        let model = builtIn.model(input: builtIn.usualInput, classes: 7)
        let outcomes = try [true, false].map { each in
            let run = try NetworkRun(model, samples: 4) { $0.preparesForEachPass = each }
            let logits = run.run(.training(seed: 3, step: 5), microBatches: [2, 2]).logits
            return (logits, Array(run.gradients.buffer))
        }
        #expect(outcomes[0] == outcomes[1])
        let sizes = try [true, false].map {
            try Plan.size(of: model, .init(capacity: 4, preparesForEachPass: $0)).plan
        }
        #expect(sizes[0] <= sizes[1])
    }

    /// Sums in another order differ as the golden values of PyTorch may: see `NetworkRun.roundingError` and `sensitivity`.
    private func expectClose(_ model: Model, samples: Int) throws {
        let mode = Plan.Mode.training(seed: 3, step: 5)
        let runs = try [true, false].map { tiles in try NetworkRun(model, samples: samples) { $0.tiles = tiles } }
        let outcomes = runs.map { $0.run(mode) }
        let relative = try runs[1].roundingError()
        let sensitivity = runs[1].sensitivity(mode, relative: relative)
        var agreement = Agreement()
        agreement.compare(
            outcomes[0].logits, outcomes[1].logits, relative: relative, sensitivity: sensitivity.training, "outputs")
        for (ordinal, parameter) in runs[0].plan.layout.parameters.enumerated() {
            agreement.compare(
                runs[0].gradient(of: parameter), runs[1].gradient(of: parameter), relative: relative,
                sensitivity: sensitivity.gradients[ordinal], parameter.name)
        }
        #expect(agreement.holds, "\(model.name): \(agreement)")
    }
}
