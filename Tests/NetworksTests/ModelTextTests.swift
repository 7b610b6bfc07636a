import Diagnostics
import Foundation
import Testing

@testable import Networks

/// The written form of models and layers, as JSON; a user's YAML goes through the same decoders.
@Suite struct ModelTextTests {
    private static let layers: [LayerDescription] = [
        .convolution(.init(channels: 8, kernel: 3)),
        .convolution(.init(channels: 8, kernel: 3, stride: 2, padding: .pixels(1), dilation: 2, groups: 4, bias: false)),
        .maxPool(.init(size: 3, stride: 2, padding: 1)), .averagePool(.init(size: 2)), .relu, .flatten, .dropout(.init(rate: 0.25)),
        .linear(.init(outputs: 7, bias: false)), .linear(.init(outputs: 10, initialisation: .normal(deviation: 0.25))),
        .convolution(.init(channels: 2, kernel: Extent(height: 2, width: 5), padding: .same, initialisation: .he)),
        .globalAveragePool, .batchNorm(.init()), .batchNorm(.init(epsilon: 0.5, momentum: 0.25)), .padChannels(.init(channels: 9)),
        .residual(.init(layers: [.relu])),
        .residual(.init(layers: [.batchNorm(.init()), .residual(.init(layers: [.relu]))], shortcut: [.maxPool(.init(size: 1))])),
    ]

    @Test func layersComeBack() throws {
        for layer in Self.layers { #expect(try decoded([LayerDescription].self, encoded([layer])) == [layer]) }
        #expect(Set(Self.layers.map(\.kind)).count == LayerDescription.Key.allCases.count)
    }

    @Test func modelsComeBack() throws {
        for input in [TensorShape(height: 32, width: 32, channels: 3), TensorShape(height: 28, width: 28, channels: 1)] {
            for name in BuiltInModel.Name.allCases {
                let model = BuiltInModel(name).model(input: input, classes: 10)
                #expect(try decoded(Model.self, encoded(model)) == model)
            }
        }
    }

    @Test func writtenFormIsTheDocumentedOne() throws {
        let text =
            #"{"input": [6, 6, 1], "classes": 2, "layers": [{"convolution": {"channels": 2, "kernel": 3}}, "relu", "flatten"]}"#
        let model = try decoded(Model.self, text)
        #expect(model.name == "custom" && model.input == TensorShape(height: 6, width: 6, channels: 1) && model.classes == 2)
        #expect(model.layers == [.convolution(.init(channels: 2, kernel: 3)), .relu, .flatten])
        #expect(try encoded([LayerDescription.relu, .flatten]) == #"["relu","flatten"]"#)
        #expect(try encoded([LayerDescription.maxPool(.init(size: 2))]) == #"[{"max-pool":{"padding":0,"size":2,"stride":2}}]"#)
        #expect(
            try decoded([LayerDescription].self, #"[{"average-pool": {"size": 3}}]"#) == [.averagePool(.init(size: 3, stride: 3))])
    }

    @Test(arguments: [
        (
            #"["rellu"]"#,
            "unknown layer 'rellu': did you mean 'relu'? known layers are convolution, max-pool, average-pool, global-average-pool, "
                + "batch-norm, linear, relu, dropout, flatten, pad-channels, residual"
        ),
        (#"["transformer"]"#, "unknown layer 'transformer': known layers are"),
        (#"["linear"]"#, "'linear' needs settings, as in 'linear: {…}'"),
        (#"[{"maxpool": {"size": 2}}]"#, "unknown key 'maxpool': did you mean 'max-pool'?"),
        (
            #"[{"linear": {"output": 3}}]"#,
            "unknown key 'output': did you mean 'outputs'? known keys are outputs, bias, initialisation"
        ),
        (#"[{"linear": {}}]"#, "'outputs' is missing"),
        (#"[{"linear": {"outputs": 2}, "relu": {}}]"#, "a layer is one name with its settings"),
        (#"[{"convolution": {"channels": 3, "kernel": 3, "strides": 2}}]"#, "unknown key 'strides': did you mean 'stride'?"),
        (#"[{"convolution": {"channels": "x", "kernel": 3}}]"#, "expected a whole number"),
        (#"[{"residual": {"shortcut": []}}]"#, "'layers' is missing"),
        (#"[{"residual": {"layers": ["rellu"]}}]"#, "unknown layer 'rellu': did you mean 'relu'?"),
        (#"[{"relu": {}}]"#, "'relu' has no settings: write its bare name"),
        (#"[{"batch-norm": {"eps": 0.1}}]"#, "unknown key 'eps': known keys are epsilon, momentum"),
        (#"[{"convolution": {"channels": 3, "kernel": [1, 2, 3]}}]"#, "found [1, 2, 3], expected one number or [height, width]"),
        (#"[{"convolution": {"channels": 3, "kernel": 3, "padding": "valid"}}]"#, "expected a number of pixels, or 'same'"),
        (#"[{"dropout": {"probability": 0.5}}]"#, "unknown key 'probability'"),
    ])
    func faultsOfLayersSayWhatIsMeant(text: String, message: String) {
        expectFault(message) { _ = try decoded([LayerDescription].self, text) }
    }

    @Test(arguments: [
        (#"{"input": [1, 1, 1], "clases": 2, "layers": []}"#, "unknown key 'clases': did you mean 'classes'?"),
        (
            #"{"input": [1, 1], "classes": 2, "layers": []}"#,
            "input: found [1, 1], expected three positive numbers: [height, width, channels]"
        ),
        (#"{"input": [1, 0, 1], "classes": 2, "layers": []}"#, "found [1, 0, 1]"),
        (#"{"input": [1, 1, 1], "layers": []}"#, "'classes' is missing"),
        (#"{"input": [1, 1, 1], "classes": 2, "layers": ["relu", "flaten"]}"#, "unknown layer 'flaten': did you mean 'flatten'?"),
    ])
    func faultsOfModelsSayWhatIsMeant(text: String, message: String) {
        expectFault(message) { _ = try decoded(Model.self, text) }
    }

    @Test func unknownModelsNameTheNearest() {
        let failure = #expect(throws: Failure.self) { try BuiltInModel(named: "lenet") }
        #expect(failure?.kind == .usage)
        #expect(
            failure?.description
                == "unknown model 'lenet': did you mean 'lenet5'? known models are linear, mlp, mlp-512, mnist-cnn, "
                + "lenet5, lenet5-dilated, lenet5-depthwise, lenet5-shallow, lenet5-deep, simple-cnn, alexnet32, vgg11, resnet8, "
                + "resnet8-plain, resnet20, resnet32, resnet56, resnet18, cnn200, resnet-3443")
        #expect(throws: Failure.self) { try BuiltInModel(named: "") }
    }

    private func expectFault(_ message: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void) {
        let fault = #expect(throws: DecodingError.self, sourceLocation: sourceLocation) { try body() }
        let explanation = fault?.explanation ?? ""
        #expect(explanation.contains(message), "\"\(message)\" is not in: \(explanation)", sourceLocation: sourceLocation)
    }

    private func encoded(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private func decoded<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
