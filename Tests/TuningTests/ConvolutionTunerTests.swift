import Kernels
import Networks
import Testing
import Tuning

/// What tuning finds is a table of the model's own shapes, and what it says of it belongs together. Which algorithm is the fastest is the
/// machine's affair.
@Suite struct ConvolutionTunerTests {
    private static let model = Model(
        input: TensorShape(height: 8, width: 8, channels: 16), classes: 4,
        layers: [
            .convolution(.init(channels: 16, kernel: 3, padding: .pixels(1))), .relu,
            .convolution(.init(channels: 32, kernel: 3, stride: 2)), .relu,
            .convolution(.init(channels: 32, kernel: 1)), .flatten, .linear(.init(outputs: 4)),
        ])

    @Test(arguments: [(1, 4), (5, 1)]) func everyShapeHasItsEntry(images: Int, calls: Int) throws {
        let options = Plan.Options(capacity: images)
        let convolutions = try Plan.convolutions(of: Self.model, options)
        let tuner = ConvolutionTuner(convolutions, images: images, calls: calls)
        var seen: [Int] = []
        let tuned = tuner.tune { seen.append($0) }
        #expect(seen == [1, 2, 3, 4] && tuner.convolutions.count == 4)
        // The first reads the images: nobody asks for their gradient.
        #expect(tuned.productCount == 11)
        #expect(Set(tuned.table.entries.keys) == Set(convolutions.map(\.shape.description)))

        var expected = KernelTable()
        for convolution in convolutions { expected[convolution.shape] = KernelTable.Algorithms(convolution.kernels) }
        for change in tuned.changes {
            #expect(expected[change.shape]?[change.direction] == change.usual && change.usual != change.chosen)
            #expect(change.speedUp > 1.05)
            expected[change.shape]?[change.direction] = change.chosen
        }
        #expect(tuned.table == expected)
        // A plan takes it, and computes by it.
        let tabled = try Plan.convolutions(of: Self.model, Plan.Options(capacity: images, kernels: tuned.table))
        #expect(tabled.allSatisfy { KernelTable.Algorithms($0.kernels) == tuned.table[$0.shape] })
    }

    /// The column matrix through BLAS takes many times as long for a depthwise convolution: it is chosen from, and left.
    @Test func theSlowestIsNotChosen() throws {
        let model = Model(
            input: TensorShape(height: 16, width: 16, channels: 64), classes: 64,
            layers: [
                .convolution(.init(channels: 64, kernel: 3, padding: .pixels(1), groups: 64)), .globalAveragePool,
            ])
        let tuned = ConvolutionTuner(
            try Plan.convolutions(of: model, Plan.Options(capacity: 8)), images: 8, calls: 1
        ).tune { _ in }
        let entry = try #require(tuned.table.entries.values.first)
        #expect(entry.forward == DepthwiseConvolution.name && entry.weights == DepthwiseConvolution.name, "\(entry)")
    }
}
