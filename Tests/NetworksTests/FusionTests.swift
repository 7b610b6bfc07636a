import TestSupport
import Testing

@testable import Networks

/// Fused layers give what the layers one by one give: to the bit.
@Suite struct FusionTests {
    @Test(arguments: [BuiltInModel.Name.resnet8, .resnet8Plain, .lenet5, .vgg11, .cnn200, .mnistCNN])
    func builtInModels(name: BuiltInModel.Name) throws {
        let builtIn = BuiltInModel(name)
        try expectEqual(builtIn.model(input: builtIn.usualInput, classes: 7), samples: 3)
    }

    @Test func drawnModels() throws {
        // A drawn window may be larger than what comes to it.
        let models = (0..<70).map(RandomModel.drawn).filter { (try? $0.resolvedLayers()) != nil }
        #expect(models.count > 50)
        for model in models { try expectEqual(model, samples: 3) }
    }

    /// ReLU in front of a pool, behind it, twice, and where two pools follow; a pool whose windows leave gaps, overlap or tile.
    @Test func chainsAroundPools() throws {
        let pools = [(2, 2, 0), (3, 2, 0), (3, 2, 1), (2, 3, 0)].map {
            LayerDescription.maxPool(.init(size: $0.0, stride: $0.1, padding: $0.2))
        }
        for pool in pools {
            for chain in [[.relu, pool], [pool, .relu], [.relu, pool, .relu], [.relu, pool, pool]] {
                let model = Model(
                    name: "chain", input: TensorShape(height: 12, width: 12, channels: 6), classes: 3,
                    layers: [.convolution(.init(channels: 6, kernel: 1))] + chain + [.flatten, .linear(.init(outputs: 3))])
                try expectEqual(model, samples: 2)
            }
        }
    }

    private func expectEqual(_ model: Model, samples: Int) throws {
        let mode = Plan.Mode.training(seed: 3, step: 5)
        let runs = try [true, false].map { fuses in
            try NetworkRun(model, samples: samples) { ($0.fuses, $0.tiles) = (fuses, false) }
        }
        let outcomes = runs.map { $0.run(mode) }
        #expect(outcomes[0].logits.map(\.bitPattern) == outcomes[1].logits.map(\.bitPattern), "\(model.name)")
        #expect(outcomes[0].figures == outcomes[1].figures)
        // A zero may have the other sign: −0 is not above 0.
        #expect(Array(runs[0].gradients.buffer) == Array(runs[1].gradients.buffer), "\(model.name)")
        #expect(runs[0].gradients.buffer.contains { $0 != 0 })
        #expect(runs.map { $0.run(.evaluation).logits }.first == runs[1].run(.evaluation).logits)
    }
}
