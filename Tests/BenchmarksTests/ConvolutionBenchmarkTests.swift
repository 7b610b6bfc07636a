import Benchmarks
import Kernels
import Networks
import Testing

/// What the benchmark of convolutions measures, and that its figures belong together.
@Suite struct ConvolutionBenchmarkTests {
    /// 4 layers: the images' own, two of one shape within a block, and one of stride 2 in its shortcut's place.
    private static let model = Model(
        input: TensorShape(height: 8, width: 8, channels: 3), classes: 4,
        layers: [
            .convolution(.init(channels: 16, kernel: 3, padding: .pixels(1))), .relu,
            .residual(
                .init(layers: [
                    .convolution(.init(channels: 16, kernel: 3, padding: .pixels(1))), .relu,
                    .convolution(.init(channels: 16, kernel: 3, padding: .pixels(1))),
                ])),
            .convolution(.init(channels: 8, kernel: 3, stride: 2)), .flatten, .linear(.init(outputs: 4)),
        ])

    @Test func layersOfOneShapeAreOne() throws {
        let layers = try ConvolutionBenchmark.layers(of: Self.model)
        #expect(layers.map(\.name) == ["convolution1", "residual1.convolution1", "convolution2"])
        #expect(layers.map(\.count) == [1, 2, 1] && layers.map(\.readsImages) == [true, false, false])
    }

    /// In front of BatchNorm no layer lies in sample blocks, whatever its channels.
    @Test func theChoiceIsTheOneOfTraining() throws {
        func names(_ model: BuiltInModel.Name) throws -> [String] {
            let builtIn = BuiltInModel(model)
            return try ConvolutionBenchmark.layers(of: builtIn.model(input: builtIn.usualInput, classes: 10)).map(
                \.choice.description)
        }
        #expect(try names(.lenet5) == Array(repeating: "samples, samples, samples", count: 2))
        #expect(try names(.resnet8).first == "direct, direct, direct")
    }

    @Test(arguments: [1, 5]) func everyAlgorithmAgreesWithTheReference(batch: Int) throws {
        var benchmark = ConvolutionBenchmark()
        (benchmark.batch, benchmark.repeats, benchmark.measuresAll) = (batch, 1, true)
        var results: [ConvolutionBenchmark.Result] = []
        for layer in try ConvolutionBenchmark.layers(of: Self.model) { try benchmark.run(layer) { results.append($0) } }
        for result in results {
            #expect(result.residual < 1e-5, "\(result)")
            #expect(result.seconds.cpu > 0 && result.seconds.wall > 0 && result.peak > 0, "\(result)")
            #expect(result.flops == Double(2 * batch * result.layer.shape.multiplyAdds))
        }
        #expect(!results.contains { $0.layer.readsImages && $0.direction == .input })
        // One choice for each direction, and it is among what was measured.
        #expect(results.count { $0.isChosen } == 8)
        #expect(
            Set(results.map(\.algorithm)).isSuperset(
                of: [Im2colConvolution.name, DirectConvolution.name, Winograd.name, SampleBlockedConvolution.name])
        )
    }
}
