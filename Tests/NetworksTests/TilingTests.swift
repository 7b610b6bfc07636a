import Kernels
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

    /// Tiles of a few samples, the last one shorter.
    @Test func drawnModels() throws {
        let models = (70..<110).map(RandomModel.drawn).filter { (try? $0.resolvedLayers()) != nil }
        #expect(models.count > 25)
        for model in models { try expectClose(model, samples: 7, cacheBytes: 8_192) }
    }

    /// More than two blocks of samples, the last one ragged, in several tiles; also where the last layers take what lies in blocks.
    @Test func sampleBlocks() throws {
        let samples = 5 * SampleBlocks.lanes + 3
        let builtIn = BuiltInModel(.lenet5)
        try expectClose(builtIn.model(input: builtIn.usualInput, classes: 7), samples: samples, cacheBytes: 65_536)
        let convolution = LayerDescription.convolution(.init(channels: 8, kernel: 3))
        let ends: [[LayerDescription]] = [
            [.globalAveragePool], [.averagePool(.init(size: 4))], [.maxPool(.init(size: 4))],
            [.globalAveragePool, .relu],
        ]
        for end in ends {
            let model = Model(
                name: "\(end)", input: TensorShape(height: 8, width: 8, channels: 3), classes: 5,
                layers: [convolution, .relu, .convolution(.init(channels: 5, kernel: 3))] + end + [.flatten])
            try expectClose(model, samples: samples, cacheBytes: 16_384)
        }
    }

    /// Tiles are cut, and evaluation's do not hang on how many samples training takes at a time.
    @Test func tilesOfAPlan() throws {
        let builtIn = BuiltInModel(.lenet5)
        let part = try NetworkPart(builtIn.model(input: builtIn.usualInput, classes: 10))
        func passes(_ capacity: Int, evaluated: Int) -> Passes {
            let options = Plan.Options(capacity: capacity, evaluationCapacity: evaluated)
            var compiler = Compiler(part, options: options)
            _ = compiler.compile(part)
            return Passes(compiler.layers, for: options, sizes: compiler.sizes)
        }
        let (small, large) = (passes(16, evaluated: 16), passes(200, evaluated: 16))
        #expect(large.forward.contains { $0.tile < 200 } && large.backward.contains { $0.tile < 200 })
        #expect(small.forward.map(\.evaluationTile) == large.forward.map(\.evaluationTile))
        #expect(small.forward.map(\.tile) == small.forward.map(\.evaluationTile))
        #expect(large.forward.allSatisfy { $0.evaluationTile <= 16 })
    }

    /// Where nothing else ends a pass, large gradients do, so that they can travel while the rest is computed.
    @Test func largeGradientsBecomeFinalOneByOne() throws {
        let model = BuiltInModel(.alexnet32).model(input: TensorShape(height: 8, width: 8, channels: 3), classes: 10)
        let plan = try Plan(model: model, Plan.Options(capacity: 2))
        let final = (0..<plan.backwardPassCount).map(plan.finalGradients(afterBackwardPass:))
        let layers = try model.resolvedLayers().map(\.parameterCount).filter { $0 >= 1 << 16 }
        #expect(zip([0] + final, final).count { $1 - $0 >= 1 << 16 } == layers.count, "\(final) for \(layers)")
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
        #expect(sizes[0] < sizes[1])
    }

    /// Sums in another order differ as the golden values of PyTorch may: see `NetworkRun.roundingError` and `sensitivity`.
    private func expectClose(_ model: Model, samples: Int, cacheBytes: Int = 512 * 1_024) throws {
        let mode = Plan.Mode.training(seed: 3, step: 5)
        let runs = try [true, false].map { tiles in
            try NetworkRun(model, samples: samples) { ($0.tiles, $0.cacheBytes) = (tiles, cacheBytes) }
        }
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
