import TestSupport
import Testing

@testable import Networks

/// Gradients against central differences of the loss, (L(θ + h·d) − L(θ − h·d)) / 2h = ⟨∇L, d⟩, along unit directions in one tensor at a time.
///
/// L is that of `DoubleNetwork`: with h = 2⁻²⁰ its truncation (h²) and rounding (2⁻⁵³·L/h) leave 10⁻⁹, and a step that small crosses no kink.
/// So the tolerance is that of our own Float arithmetic alone. A layer's input gradient shows in the parameters of the layers before it.
@Suite struct GradientTests {
    private static let step = 0x1p-20

    /// Every kind of layer between two that have parameters.
    @Test(
        arguments: [
            ("convolution", [.convolution(.init(channels: 4, kernel: 3, padding: 1))]),
            ("strided convolution", [.convolution(.init(channels: 3, kernel: 3, stride: 2, padding: 1))]),
            ("dilated convolution", [.convolution(.init(channels: 3, kernel: 3, padding: 2, dilation: 2))]),
            ("grouped convolution", [.convolution(.init(channels: 6, kernel: 2, groups: 2))]),
            ("depthwise convolution without bias", [.convolution(.init(channels: 8, kernel: 3, groups: 4, bias: false))]),
            ("max pooling", [.maxPool(.init(size: 2))]),
            ("overlapping max pooling", [.maxPool(.init(size: 3, stride: 1, padding: 1))]),
            ("average pooling", [.averagePool(.init(size: 2))]),
            ("overlapping average pooling", [.averagePool(.init(size: 3, stride: 2, padding: 1))]),
            ("ReLU", [.relu]), ("two ReLUs", [.relu, .relu]), ("ReLU after pooling", [.averagePool(.init(size: 2)), .relu]),
            ("ReLU before pooling", [.relu, .maxPool(.init(size: 2))]),
            ("dropout", [.dropout(.init(rate: 0.5))]), ("dropout and ReLU", [.dropout(.init(rate: 0.25)), .relu]),
            ("linear", [.flatten, .linear(.init(outputs: 9))]),
            ("linear without bias", [.flatten, .linear(.init(outputs: 9, bias: false)), .relu]),
        ] as [(String, [LayerDescription])])
    func ofEachLayerAreCentralDifferences(name: String, between: [LayerDescription]) throws {
        let ends = between.contains(.flatten)
        let layers =
            [.convolution(.init(channels: 4, kernel: 2))] + between + (ends ? [] : [.flatten]) + [.linear(.init(outputs: 3))]
        let model = Model(name: name, input: TensorShape(height: 7, width: 6, channels: 2), classes: 3, layers: layers)
        let agreement = try #require(try check(model, samples: 3, directions: 6))
        #expect(agreement.holds, "\(agreement)")
    }

    @Test func ofLeNet5AreCentralDifferences() throws {
        for (side, channels) in [(32, 3), (28, 1)] {
            let model = BuiltInModel.lenet5.model(input: TensorShape(height: side, width: side, channels: channels), classes: 10)
            let agreement = try #require(try check(model, samples: 2, directions: 3))
            #expect(agreement.holds, "\(agreement)")
        }
    }

    /// Chains that nobody chose: buffers that are reused, written over in place and read again come together in all orders.
    @Test func ofDrawnChainsAreCentralDifferences() throws {
        var agreement = Agreement()
        var chains = 0
        var kinds: Set<String> = []
        for index in 0..<400 where chains < 100 {
            let model = Self.drawnModel(index)
            // A drawn window may be larger than what comes to it; a drawn value may lie on a kink.
            guard (try? model.resolvedLayers()) != nil, let one = try check(model, samples: 2, directions: 2) else { continue }
            agreement.merge(one)
            #expect(one.holds, "chain \(index): \(one)\n\(model)")
            chains += 1
            kinds.formUnion(model.layers.map(\.kind))
        }
        #expect(agreement.holds, "\(agreement)")
        #expect(chains == 100)
        #expect(kinds.count == LayerDescription.Key.allCases.count, "\(kinds)")
    }

    /// Compares logits, loss and directional derivatives; nil where a value lies within rounding of a kink.
    private func check(_ model: Model, samples: Int, directions: Int) throws -> Agreement? {
        let mode = Plan.Mode.training(seed: 11, step: 3)
        let run = try NetworkRun(model, samples: samples)
        let outcome = run.run(mode)
        let oracle = try DoubleNetwork(model, layout: run.plan.layout)
        let (parameters, images) = (run.parameters.buffer.map(Double.init), run.images.buffer.map(Double.init))
        let labels = run.labels.map(Int.init)
        let exact = oracle.run(parameters: parameters, images: images, labels: labels, mode: mode)
        if exact.margin < 2e-6 { return nil }

        var agreement = Agreement()
        let relative = try run.roundingError()
        agreement.compare(outcome.logits, exact.logits.map { Float($0) }, relative: relative, "logits of \(model.name)")
        // The loss moves by at most as much as the two logits that it is the difference of.
        let logitError = 16 * relative * (outcome.logits.map { Double(abs($0)) }.max() ?? 0)
        agreement.compare(
            outcome.figures.loss.value, exact.loss, tolerance: logitError * Double(samples), "loss of \(model.name)")
        for (ordinal, parameter) in run.plan.layout.parameters.enumerated() {
            let gradient = run.gradient(of: parameter)
            let typical = rootMeanSquare(gradient)
            for direction in Self.directions(count: parameter.count, drawn: directions, stream: ordinal) {
                func loss(at step: Double) -> Double {
                    var moved = parameters
                    for (i, d) in direction { moved[parameter.offset + i] += step * d }
                    return oracle.run(parameters: moved, images: images, labels: labels, mode: mode).loss
                }
                let expected = (loss(at: Self.step) - loss(at: -Self.step)) / (2 * Self.step)
                let found = direction.reduce(0) { $0 + Double(gradient[$1.0]) * $1.1 }
                let magnitude = direction.reduce(0) { $0 + abs($1.1) * (Double(abs(gradient[$1.0])) + typical) }
                agreement.compare(
                    found, expected, tolerance: 4 * relative * magnitude + 1e-8, "\(parameter.name) of \(model.name)")
            }
        }
        return agreement
    }

    /// Unit directions: every axis of a small tensor, drawn ones of a large one.
    private static func directions(count: Int, drawn: Int, stream: Int) -> [[(Int, Double)]] {
        if count <= 2 * drawn { return (0..<count).map { [($0, 1)] } }
        return (0..<drawn).map { number in
            let values = hashedFloats(count, stream: 5_000 + 100 * stream + number)
            let length = rootMeanSquare(values) * Double(count).squareRoot()
            return values.enumerated().map { ($0.offset, Double($0.element) / length) }
        }
    }

    private static func drawnModel(_ index: Int) -> Model {
        var draws = 0
        func draw(_ range: ClosedRange<Int>) -> Int {
            draws += 1
            return range.lowerBound + hashedInteger(below: range.count, index: draws, stream: 7_000 + index)
        }
        func convolution() -> LayerDescription {
            // Widths of four, so that two and four groups always divide them.
            .convolution(
                .init(
                    channels: 4 * draw(1...2), kernel: draw(1...3), stride: draw(1...2), padding: draw(0...1),
                    dilation: draw(1...2),
                    groups: [1, 2, 4][draw(0...2)], bias: draw(0...1) == 1))
        }
        func pool() -> LayerDescription.Pool {
            let size = draw(1...3)
            return .init(size: size, stride: draw(1...2), padding: draw(0...size / 2))
        }
        var layers: [LayerDescription] = []
        for _ in 0..<draw(1...6) {
            switch draw(0...5) {
            case 0, 1: layers.append(convolution())
            case 2: layers.append(.maxPool(pool()))
            case 3: layers.append(.averagePool(pool()))
            case 4: layers.append(.relu)
            default: layers.append(.dropout(.init(rate: 0.25)))
            }
        }
        layers.append(.flatten)
        for _ in 0..<draw(0...2) {
            layers.append(.linear(.init(outputs: draw(2...9), bias: draw(0...1) == 1)))
            if draw(0...1) == 1 { layers.append(.relu) }
            if draw(0...2) == 0 { layers.append(.dropout(.init(rate: 0.5))) }
        }
        layers.append(.linear(.init(outputs: 3)))
        return Model(
            name: "chain \(index)", input: TensorShape(height: draw(4...8), width: draw(4...8), channels: 4), classes: 3,
            layers: layers)
    }
}
