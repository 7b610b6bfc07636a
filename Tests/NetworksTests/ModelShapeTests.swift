import Diagnostics
import Testing

@testable import Networks

@Suite struct ModelShapeTests {
    @Test func shapesOfLeNet5() throws {
        let model = BuiltInModel(.lenet5).model(input: TensorShape(height: 32, width: 32, channels: 3), classes: 10)
        let layers = try model.resolvedLayers()
        #expect(
            layers.map { "\($0.name) \($0.output)" } == [
                "convolution1 28×28×6", "relu1 28×28×6", "max-pool1 14×14×6", "convolution2 10×10×16", "relu2 10×10×16",
                "max-pool2 5×5×16",
                "flatten1 400", "linear1 120", "relu3 120", "linear2 84", "relu4 84", "dropout1 84", "linear3 10",
            ])
        #expect(try model.parameterCount() == 62_006)
        let small = BuiltInModel(.lenet5).model(input: TensorShape(height: 28, width: 28, channels: 1), classes: 10)
        #expect(try small.parameterCount() == 61_706, "two input channels of 150 weights fewer")
        #expect(try small.resolvedLayers()[0].output == TensorShape(height: 28, width: 28, channels: 6))
    }

    @Test func parameterCountsOfOtherModels() throws {
        let linear = BuiltInModel(.linear).model(input: TensorShape(height: 8, width: 4, channels: 3), classes: 5)
        #expect(try linear.parameterCount() == 96 * 5 + 5)
        let grouped = model([
            .convolution(.init(channels: 8, kernel: 3, padding: .pixels(1), groups: 4)), .flatten, .linear(.init(outputs: 2)),
        ])
        #expect(try grouped.parameterCount() == 3 * 3 * 1 * 8 + 8 + 6 * 5 * 8 * 2 + 2)
    }

    /// Each message names the layer, the shape that came to it, and what it can take.
    @Test(
        arguments: [
            (
                [.convolution(.init(channels: 2, kernel: 7))],
                "model odd, layer convolution1, given 6×5×4: a kernel of 7×7 does not fit into 6×5"
            ),
            (
                [.relu, .convolution(.init(channels: 2, kernel: 4, padding: .pixels(1), dilation: 3))],
                "layer convolution1, given 6×5×4: a kernel of 10×10 does not fit into 6×5 padded by 1"
            ),
            (
                [.maxPool(.init(size: 2)), .maxPool(.init(size: 2)), .maxPool(.init(size: 2))],
                "layer max-pool3, given 4: a window of 2×2 does not fit into 1×1"
            ),
            ([.linear(.init(outputs: 2))], "layer linear1, given 6×5×4: expected a vector; put 'flatten' before it"),
            (
                [.convolution(.init(channels: 6, kernel: 1)), .convolution(.init(channels: 9, kernel: 1, groups: 4))],
                "layer convolution2, given 6×5×6: 4 groups do not divide 6 input and 9 output channels evenly"
            ),
            (
                [.convolution(.init(channels: 6, kernel: 1, groups: 3))],
                "3 groups do not divide 4 input and 6 output channels evenly"
            ),
            ([.dropout(.init(rate: 1))], "layer dropout1, given 6×5×4: found a dropout rate of 1.0, expected 0 ≤ rate < 1"),
            ([.dropout(.init(rate: -0.1))], "found a dropout rate of -0.1"),
            ([.dropout(.init(rate: .nan))], "found a dropout rate of nan"),
            ([.convolution(.init(channels: 0, kernel: 1))], "channels, kernel, stride, dilation and groups must be at least 1"),
            ([.convolution(.init(channels: 1, kernel: 1, stride: 0))], "must be at least 1"),
            ([.convolution(.init(channels: 1, kernel: 1, padding: .pixels(-1)))], "found a padding of -1, expected at least 0"),
            (
                [.convolution(.init(channels: 1, kernel: 1, padding: .pixels(2_048)))],
                "found an image of 4102×4101 pixels, expected at most 4194304"
            ),
            ([.averagePool(.init(size: 2, padding: 2))], "padding between 0 and half the size"),
            ([.maxPool(.init(size: 256))], "found a window of 256 × 256, expected at most 65535 places"),
            ([.maxPool(.init(size: .min))], "size and stride must be at least 1"),
            ([.flatten, .linear(.init(outputs: 0))], "layer linear1, given 120: outputs must be at least 1"),
            (
                [.flatten, .linear(.init(outputs: 3))],
                "model odd ends with 3 values per sample, expected one for each of 2 classes"
            ),
            (
                [.convolution(.init(channels: 2, kernel: 3))],
                "ends with 4×3×2 values per sample, expected one for each of 2 classes"
            ),
            ([], "model odd has no layers"),
            (
                [.convolution(.init(channels: 2, kernel: 3, stride: 2, padding: .same))],
                "padding 'same' is for stride 1, not 2; give the padding in pixels"
            ),
            (
                [.relu, .residual(.init(layers: [.convolution(.init(channels: 8, kernel: 1))]))],
                "layer residual1, given 6×5×4: its layers end with 6×5×8, its shortcut with 6×5×4; give it a shortcut that ends alike"
            ),
            (
                [.residual(.init(layers: [.relu], shortcut: [.maxPool(.init(size: 2))]))],
                "layer residual1, given 6×5×4: its layers end with 6×5×4, its shortcut with 3×2×4"
            ),
            ([.residual(.init(layers: []))], "layer residual1, given 6×5×4: a residual block needs at least one layer"),
            (
                [.residual(.init(layers: [.flatten]))],
                "layer residual1, given 6×5×4: 'flatten' has no place in a residual block: put it before or behind"
            ),
            ([.residual(.init(layers: [.relu], shortcut: [.flatten]))], "'flatten' has no place in a residual block"),
            (
                [.residual(.init(layers: [.relu, .residual(.init(layers: [.maxPool(.init(size: 9))]))]))],
                "layer residual1.residual1.max-pool1, given 6×5×4: a window of 9×9 does not fit into 6×5"
            ),
            (
                [.residual(.init(layers: [.relu], shortcut: [.convolution(.init(channels: 4, kernel: 7))]))],
                "layer residual1.shortcut.convolution1, given 6×5×4: a kernel of 7×7 does not fit"
            ),
            (
                [(0..<17).reduce(LayerDescription.relu) { inner, _ in .residual(.init(layers: [inner])) }],
                "model odd: residual blocks stand in each other 17 deep, at most 16 are possible"
            ),
            ([.padChannels(.init(channels: 3))], "layer pad-channels1, given 6×5×4: cannot pad 4 channels to 3, which are fewer"),
            ([.batchNorm(.init(epsilon: 0))], "layer batch-norm1, given 6×5×4: epsilon must be above 0, momentum between 0 and 1"),
            ([.batchNorm(.init(epsilon: .infinity))], "epsilon must be above 0"),
            ([.batchNorm(.init(momentum: 1.5))], "momentum between 0 and 1"), ([.batchNorm(.init(momentum: .nan))], "momentum"),
            ([.globalAveragePool, .linear(.init(outputs: 3))], "model odd ends with 3 values per sample"),
        ] as [([LayerDescription], String)])
    func whatDoesNotFitIsNamed(layers: [LayerDescription], message: String) {
        expectUsage(message, of: model(layers))
    }

    @Test func modelsWithoutParametersOrClassesAreRefused() {
        let untrained = Model(name: "odd", input: TensorShape(vector: 2), classes: 2, layers: [.relu])
        expectUsage("model odd has no parameters: there is nothing to train", of: untrained)
        let single = Model(name: "odd", input: TensorShape(vector: 2), classes: 1, layers: [.linear(.init(outputs: 1))])
        expectUsage("model odd: found 1 classes, expected at least 2", of: single)
    }

    private func model(_ layers: [LayerDescription]) -> Model {
        Model(name: "odd", input: TensorShape(height: 6, width: 5, channels: 4), classes: 2, layers: layers)
    }

    /// A plan refuses what the shapes refuse, with the same words.
    private func expectUsage(_ message: String, of model: Model, sourceLocation: SourceLocation = #_sourceLocation) {
        for attempt in [{ _ = try model.resolvedLayers() }, { _ = try Plan(model: model, .init(capacity: 1)) }]
            as [() throws -> Void]
        {
            let failure = #expect(throws: Failure.self, sourceLocation: sourceLocation) { try attempt() }
            #expect(failure?.kind == .usage, sourceLocation: sourceLocation)
            let text = failure?.description ?? ""
            #expect(text.contains(message), "\"\(message)\" is not in: \(text)", sourceLocation: sourceLocation)
        }
    }
}
