import TestSupport

@testable import Networks

/// Architectures that nobody chose, a pure function of their number: chains and residual blocks over every kind of layer.
///
/// `scripts/peers/compare-random-models` draws the same ones, and compares them with PyTorch: a change here is a change there. Images have
/// one channel and there are ten classes, so that a file of drawn digits can be trained on. Some models do not fit together: their number
/// is skipped.
struct RandomModel {
    private let number: Int
    private var draws = 0
    /// What comes to the next layer; always four, eight or twelve.
    private var channels = 4

    static func drawn(_ number: Int) -> Model {
        var drawing = RandomModel(number: number)
        return drawing.model()
    }

    private init(number: Int) { self.number = number }

    private mutating func draw(_ range: ClosedRange<Int>) -> Int {
        draws += 1
        return range.lowerBound + hashedInteger(below: range.count, index: draws, stream: 7_000 + number)
    }

    private mutating func model() -> Model {
        let input = TensorShape(height: draw(4...8), width: draw(4...8), channels: 1)
        var layers: [LayerDescription] = [
            .convolution(.init(channels: 4, kernel: Extent(integerLiteral: draw(1...3)), padding: .pixels(1)))
        ]
        for _ in 0..<draw(1...5) { layers.append(layer(depth: 0)) }
        layers.append(draw(0...2) == 0 ? .globalAveragePool : .flatten)
        for _ in 0..<draw(0...2) {
            layers.append(.linear(.init(outputs: draw(2...9), bias: draw(0...1) == 1)))
            switch draw(0...4) {
            case 0, 1: layers.append(.relu)
            case 2: layers.append(.batchNorm(.init()))
            case 3: layers.append(.dropout(.init(rate: 0.5)))
            default: break
            }
        }
        layers.append(.linear(.init(outputs: 10)))
        return Model(name: "random \(number)", input: input, classes: 10, layers: layers)
    }

    private mutating func layer(depth: Int) -> LayerDescription {
        switch draw(0...11) {
        case 0, 1: return convolution()
        case 2: return .maxPool(pool())
        case 3: return .averagePool(pool())
        case 4: return .relu
        case 5: return .dropout(.init(rate: 0.25))
        case 6: return .batchNorm(.init(epsilon: draw(0...1) == 0 ? 1e-5 : 0.0625, momentum: 0.25))
        case 7: return padChannels()
        default: return block(depth: depth)
        }
    }

    private mutating func convolution() -> LayerDescription {
        let kernel = Extent(height: draw(1...4), width: draw(1...4))
        let dilation = draw(1...3)
        let isDepthwise = draw(0...3) == 0
        let groups = isDepthwise ? channels : [1, 2, 4][draw(0...2)]
        let outputs = isDepthwise ? channels : 4 * draw(1...3)
        channels = outputs
        let keepsSize = draw(0...1) == 1
        return .convolution(
            .init(
                channels: outputs, kernel: kernel, stride: keepsSize ? 1 : draw(1...3),
                padding: keepsSize ? .same : .pixels(draw(0...2)),
                dilation: dilation, groups: groups, bias: draw(0...1) == 1))
    }

    private mutating func pool() -> LayerDescription.Pool {
        let size = draw(1...3)
        return .init(size: size, stride: draw(1...3), padding: draw(0...size / 2))
    }

    private mutating func padChannels() -> LayerDescription {
        channels = min(12, channels + 4 * draw(0...1))
        return .padChannels(.init(channels: channels))
    }

    /// A layer that keeps the shape.
    private mutating func keeping(depth: Int) -> LayerDescription {
        switch draw(0...5) {
        case 0: return .relu
        case 1: return .batchNorm(.init())
        case 2: return .dropout(.init(rate: 0.25))
        case 3 where depth < 2: return block(depth: depth, keepsShape: true)
        default:
            return .convolution(
                .init(
                    channels: channels, kernel: Extent(height: draw(1...4), width: draw(1...4)), padding: .same,
                    dilation: draw(1...2)))
        }
    }

    private mutating func block(depth: Int, keepsShape: Bool = false) -> LayerDescription {
        var layers: [LayerDescription] = []
        // Pre-activation.
        if draw(0...1) == 1 { layers += [.batchNorm(.init()), .relu] }
        let form = keepsShape ? 0 : draw(0...3)
        if form <= 1 {
            for _ in 0..<draw(1...3) { layers.append(keeping(depth: depth + 1)) }
            // A shortcut of its own that keeps the shape, or none.
            let shortcut = draw(0...2) == 0 ? [keeping(depth: depth + 1)] : []
            return .residual(.init(layers: layers, shortcut: shortcut))
        }
        let inputs = channels
        let stride = draw(1...3)
        let outputs = form == 2 ? 4 * draw(1...3) : min(12, inputs + 4 * draw(0...1))
        layers.append(
            .convolution(.init(channels: outputs, kernel: 3, stride: stride, padding: .pixels(1), bias: draw(0...1) == 1)))
        channels = outputs
        for _ in 0..<draw(0...2) { layers.append(keeping(depth: depth + 1)) }
        var shortcut: [LayerDescription]
        if form == 2 {
            shortcut = [.convolution(.init(channels: outputs, kernel: 1, stride: stride, bias: false))]
            if draw(0...1) == 1 { shortcut.append(.batchNorm(.init())) }
        } else {
            shortcut = [.maxPool(.init(size: 1, stride: stride)), .padChannels(.init(channels: outputs))]
        }
        return .residual(.init(layers: layers, shortcut: shortcut))
    }
}
