import Kernels
import Testing

@testable import Networks

/// The way to a layer, and what it gives behind a ReLU.
@Suite struct LayerPathTests {
    /// A convolution, a block with BatchNorm on both branches, and a linear layer.
    private static let model = Model(
        name: "paths", input: TensorShape(height: 6, width: 6, channels: 2), classes: 3,
        layers: [
            .convolution(.init(channels: 4, kernel: 3)), .relu,
            .residual(
                .init(
                    layers: [
                        .convolution(.init(channels: 5, kernel: 3)), .batchNorm(.init()), .relu,
                        .convolution(.init(channels: 5, kernel: 1)),
                    ],
                    shortcut: [.maxPool(.init(size: 3, stride: 1)), .convolution(.init(channels: 5, kernel: 1))])),
            .relu, .globalAveragePool, .linear(.init(outputs: 3)),
        ])

    @Test func convolutionsAreCountedAsDataReachThem() throws {
        let paths = try Self.model.convolutionPaths()
        #expect(
            paths.map(\.layer.name) == [
                "convolution1", "residual1.convolution1", "residual1.convolution2", "residual1.shortcut.convolution1",
            ])
        #expect(paths.map(\.leading.count) == [0, 2, 5, 3])
        #expect(paths.map(\.normalisation?.name) == [nil, "residual1.batch-norm1", nil, nil])
        #expect(paths.map { $0.filters?.readsImages } == [true, false, false, false])
        #expect(paths[1].filters == LayerPath.Filters(height: 3, width: 3, inputs: 4, outputs: 5, readsImages: false))
    }

    @Test func theFirstLayerThatCanBeSeen() throws {
        let perceptron = Model(
            name: "perceptron", input: TensorShape(height: 4, width: 5, channels: 3), classes: 2,
            layers: [.flatten, .linear(.init(outputs: 7)), .relu, .linear(.init(outputs: 2))])
        let path = try #require(try perceptron.firstVisibleLayer())
        #expect(path.layer.name == "linear1")
        #expect(path.filters == LayerPath.Filters(height: 4, width: 5, inputs: 3, outputs: 7, readsImages: true))
        #expect(try perceptron.convolutionPaths().isEmpty)
        let pooled = Model(
            name: "pooled", input: TensorShape(height: 4, width: 4, channels: 1), classes: 2,
            layers: [.maxPool(.init(size: 2)), .flatten, .linear(.init(outputs: 2))])
        #expect(try pooled.firstVisibleLayer() == nil)
    }

    /// Numbers that can be reckoned by hand: 1×1 convolutions of images with one value x give w·x + b, and BatchNorm (x − m)/√(v + ε)·γ + β.
    @Test func outputsAreThoseOfTheLayer() throws {
        let model = Model(
            name: "by hand", input: TensorShape(height: 2, width: 2, channels: 1), classes: 2,
            layers: [
                .convolution(.init(channels: 2, kernel: 1)), .relu, .convolution(.init(channels: 2, kernel: 1)),
                .batchNorm(.init()),
                .globalAveragePool, .linear(.init(outputs: 2)),
            ])
        let layout = ParameterLayout(try model.resolvedLayers())
        let parameters = AlignedFloats(count: layout.arenaCount)
        func set(_ name: String, _ values: [Float]) throws {
            let tensor = try #require(layout.tensors.first { $0.name == name }, "\(name)")
            try #require(tensor.count == values.count, "\(name)")
            for (index, value) in values.enumerated() { parameters.base[tensor.offset + index] = value }
        }
        try set("convolution1.weight", [2, -1])
        try set("convolution1.bias", [1, 0.5])
        // [inputs, outputs]
        try set("convolution2.weight", [1, -3, 4, 0.5])
        try set("batch-norm1.weight", [1, 2])
        try set("batch-norm1.bias", [0, -1])
        try set("batch-norm1.running-mean", [3, -16])
        try set("batch-norm1.running-variance", [4, 1])
        let images = AlignedFloats(count: 4)
        for (index, value) in ([3, -2, 0, 1] as [Float]).enumerated() { images.base[index] = value }
        func outputs(_ number: Int) throws -> [Float] {
            let part = try NetworkPart(of: model, rectified: model.convolutionPaths()[number - 1])
            let plan = Plan(of: part, Plan.Options(capacity: 1))
            plan.prepare(parameters: parameters.base)
            var figures = Figures()
            [Int32(0)].withUnsafeBufferPointer { labels in
                guard let labels = labels.baseAddress else { return }
                let batch = MicroBatch(images: images.base, labels: labels, count: 1, firstSample: 0)
                plan.forward(batch, parameters: parameters.base, mode: .evaluation, figures: &figures)
            }
            return withExtendedLifetime(plan) { Array(UnsafeBufferPointer(start: plan.outputValues, count: 8)) }
        }
        // 2x + 1 and ½ − x, none below 0, pixel by pixel.
        #expect(try outputs(1) == [7, 0, 0, 2.5, 1, 0.5, 3, 0])
        // a + 4b and b/2 − 3a of these are [7, −21], [10, 1.25], [3, −2.75], [3, −9]; less the mean, in deviations:
        let expected: [Float] = [2, 0, 3.5, 33.5, 0, 25.5, 0, 13]
        for (found, expected) in zip(try outputs(2), expected) {
            // BatchNorm's ε of 10⁻⁵ beside variances of 1 and 4.
            #expect(abs(found - expected) <= 1e-5 * (1 + abs(expected)), "\(found) and \(expected)")
        }
    }
}
