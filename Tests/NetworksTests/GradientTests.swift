import TestSupport
import Testing

@testable import Networks

/// The gradients of each layer and of each loss, by central differences: see `GradientCheck`.
@Suite struct GradientTests {
    /// Every kind of layer between two that have parameters.
    @Test(
        arguments: [
            ("convolution", [.convolution(.init(channels: 4, kernel: 3, padding: .pixels(1)))]),
            ("strided convolution", [.convolution(.init(channels: 3, kernel: 3, stride: 2, padding: .pixels(1)))]),
            ("dilated convolution", [.convolution(.init(channels: 3, kernel: 3, padding: .pixels(2), dilation: 2))]),
            ("grouped convolution", [.convolution(.init(channels: 6, kernel: 2, groups: 2))]),
            ("depthwise convolution without bias", [.convolution(.init(channels: 8, kernel: 3, groups: 4, bias: false))]),
            ("max pooling", [.maxPool(.init(size: 2))]),
            ("overlapping max pooling", [.maxPool(.init(size: 3, stride: 1, padding: 1))]),
            ("average pooling", [.averagePool(.init(size: 2))]),
            ("overlapping average pooling", [.averagePool(.init(size: 3, stride: 2, padding: 1))]),
            ("global average pooling", [.globalAveragePool]), ("ReLU", [.relu]), ("two ReLUs", [.relu, .relu]),
            ("ReLU after pooling", [.averagePool(.init(size: 2)), .relu]),
            ("ReLU before pooling", [.relu, .maxPool(.init(size: 2))]),
            ("dropout", [.dropout(.init(rate: 0.5))]), ("dropout and ReLU", [.dropout(.init(rate: 0.25)), .relu]),
            ("linear", [.flatten, .linear(.init(outputs: 9))]),
            (
                "rectangular kernel, same padding",
                [.convolution(.init(channels: 3, kernel: Extent(height: 2, width: 5), padding: .same))]
            ),
            ("even kernel, dilated, same padding", [.convolution(.init(channels: 3, kernel: 4, padding: .same, dilation: 3))]),
            ("stride 3", [.convolution(.init(channels: 3, kernel: 3, stride: 3, padding: .pixels(2)))]),
            ("padded channels", [.padChannels(.init(channels: 7))]),
            ("BatchNorm", [.batchNorm(.init())]), ("BatchNorm and ReLU", [.batchNorm(.init(epsilon: 0.125)), .relu]),
            ("BatchNorm after linear", [.flatten, .linear(.init(outputs: 9)), .batchNorm(.init()), .relu]),
            ("identity block", [.residual(.init(layers: [.convolution(.init(channels: 4, kernel: 3, padding: .same)), .relu]))]),
            ("block of ReLU alone", [.residual(.init(layers: [.relu]))]),
            ("pre-activation block", [block([.batchNorm(.init()), .relu, same(4), .batchNorm(.init()), .relu, same(4)]), .relu]),
            (
                "projection",
                [block([strided(8), .relu, same(8)], [.convolution(.init(channels: 8, kernel: 1, stride: 2))]), .relu]
            ),
            (
                "projection with BatchNorm",
                [
                    block(
                        [strided(8), .batchNorm(.init())],
                        [.convolution(.init(channels: 8, kernel: 1, stride: 2)), .batchNorm(.init())])
                ]
            ),
            (
                "padded shortcut",
                [block([.relu, strided(8)], [.maxPool(.init(size: 1, stride: 2)), .padChannels(.init(channels: 8))])]
            ),
            ("nested blocks", [block([same(4), block([.relu, same(4)]), .relu], [block([same(4)], [same(4)])]), .relu]),
            ("shortcut of ReLU", [block([same(4)], [.relu])]),
            ("dropout in both branches", [block([.dropout(.init(rate: 0.25)), same(4)], [.dropout(.init(rate: 0.5))])]),
            ("linear block", [.flatten, .linear(.init(outputs: 9)), block([.relu, .linear(.init(outputs: 9))])]),
            ("linear without bias", [.flatten, .linear(.init(outputs: 9, bias: false)), .relu]),
        ] as [(String, [LayerDescription])])
    func ofEachLayerAreCentralDifferences(name: String, between: [LayerDescription]) throws {
        let ends = between.contains(.flatten) || between.contains(.globalAveragePool)
        let layers =
            [.convolution(.init(channels: 4, kernel: 2))] + between + (ends ? [] : [.flatten]) + [.linear(.init(outputs: 3))]
        let model = Model(name: name, input: TensorShape(height: 7, width: 6, channels: 2), classes: 3, layers: layers)
        let agreement = try #require(try GradientCheck(model: model, samples: 3, directions: 6).run())
        #expect(agreement.holds, "\(agreement)")
    }

    @Test(arguments: [Loss.softmax(labelSmoothing: 0.1), .softmax(labelSmoothing: 0.75), .euclidean])
    func ofEachLossAreCentralDifferences(loss: Loss) throws {
        let model = Model(
            name: "\(loss)", input: TensorShape(height: 5, width: 5, channels: 2), classes: 6,
            layers: [Self.same(4), .relu, .flatten, .linear(.init(outputs: 6))])
        let agreement = try #require(try GradientCheck(model: model, loss: loss, samples: 5, directions: 6).run())
        #expect(agreement.holds, "\(agreement)")
    }

    @Test func ofLeNet5AreCentralDifferences() throws {
        for (side, channels) in [(32, 3), (28, 1)] {
            let input = TensorShape(height: side, width: side, channels: channels)
            let model = BuiltInModel(.lenet5).model(input: input, classes: 10)
            let agreement = try #require(try GradientCheck(model: model, samples: 2, directions: 3).run())
            #expect(agreement.holds, "\(agreement)")
        }
    }

    private static func block(_ layers: [LayerDescription], _ shortcut: [LayerDescription] = []) -> LayerDescription {
        .residual(.init(layers: layers, shortcut: shortcut))
    }

    private static func same(_ channels: Int) -> LayerDescription {
        .convolution(.init(channels: channels, kernel: 3, padding: .same))
    }

    private static func strided(_ channels: Int) -> LayerDescription {
        .convolution(.init(channels: channels, kernel: 3, stride: 2, padding: .pixels(1)))
    }
}
