/// A layer as data: what a model file says of it. Sizes are in pixels unless they say channels or values.
public indirect enum LayerDescription: Sendable, Equatable {
    case convolution(Convolution)
    case maxPool(Pool)
    case averagePool(Pool)
    /// The mean over all pixels of each channel.
    case globalAveragePool
    case batchNorm(BatchNorm)
    case linear(Linear)
    case relu
    case dropout(Dropout)
    /// H × W × C → H·W·C values, in the order of the layout: channels fastest.
    case flatten
    /// Channels of zeros behind those that come.
    case padChannels(PadChannels)
    case residual(Residual)

    public struct Convolution: Sendable, Equatable, Encodable {
        enum CodingKeys: String, CodingKey, CaseIterable {
            case channels, kernel, stride, padding, dilation, groups, bias, initialisation
        }

        public var channels: Int
        public var kernel: Extent
        public var stride: Int
        public var padding: Padding
        public var dilation: Int
        public var groups: Int
        public var bias: Bool
        public var initialisation: Initialisation

        public init(
            channels: Int, kernel: Extent, stride: Int = 1, padding: Padding = .pixels(0), dilation: Int = 1, groups: Int = 1,
            bias: Bool = true, initialisation: Initialisation = .uniform
        ) {
            self.channels = channels
            self.kernel = kernel
            self.stride = stride
            self.padding = padding
            self.dilation = dilation
            self.groups = groups
            self.bias = bias
            self.initialisation = initialisation
        }
    }

    public struct Pool: Sendable, Equatable, Encodable {
        enum CodingKeys: String, CodingKey, CaseIterable { case size, stride, padding }

        public var size: Int
        /// The window's size unless given.
        public var stride: Int
        public var padding: Int

        public init(size: Int, stride: Int? = nil, padding: Int = 0) {
            self.size = size
            self.stride = stride ?? size
            self.padding = padding
        }
    }

    public struct BatchNorm: Sendable, Equatable, Encodable {
        enum CodingKeys: String, CodingKey, CaseIterable { case epsilon, momentum }

        /// Added to the variance.
        public var epsilon: Double
        /// How far a step moves the running values towards the batch's.
        public var momentum: Double

        public init(epsilon: Double = 1e-5, momentum: Double = 0.1) {
            self.epsilon = epsilon
            self.momentum = momentum
        }
    }

    public struct Linear: Sendable, Equatable, Encodable {
        enum CodingKeys: String, CodingKey, CaseIterable { case outputs, bias, initialisation }

        public var outputs: Int
        public var bias: Bool
        public var initialisation: Initialisation

        public init(outputs: Int, bias: Bool = true, initialisation: Initialisation = .uniform) {
            self.outputs = outputs
            self.bias = bias
            self.initialisation = initialisation
        }
    }

    public struct Dropout: Sendable, Equatable, Encodable {
        enum CodingKeys: String, CodingKey, CaseIterable { case rate }

        /// The probability that a value is dropped, 0 ≤ rate < 1.
        public var rate: Double

        public init(rate: Double) { self.rate = rate }
    }

    public struct PadChannels: Sendable, Equatable, Encodable {
        enum CodingKeys: String, CodingKey, CaseIterable { case channels }

        /// Channels of the output.
        public var channels: Int

        public init(channels: Int) { self.channels = channels }
    }

    /// The sum of two branches over one input: the layers, and a shortcut, which is the input itself where it has no layers.
    public struct Residual: Sendable, Equatable, Encodable {
        enum CodingKeys: String, CodingKey, CaseIterable { case layers, shortcut }

        public var layers: [LayerDescription]
        public var shortcut: [LayerDescription]

        public init(layers: [LayerDescription], shortcut: [LayerDescription] = []) {
            self.layers = layers
            self.shortcut = shortcut
        }
    }

    /// The layer's name in model files, messages and, with a number behind it, in parameter names.
    public var kind: String { key.rawValue }
}

/// Height and width of a kernel, written as one number where both are the same, else as [height, width].
public struct Extent: Sendable, Equatable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    public var height: Int
    public var width: Int

    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    public init(integerLiteral size: Int) { self.init(height: size, width: size) }

    public var description: String { "\(height)×\(width)" }
}

/// How much a convolution's input is surrounded by zeros.
public enum Padding: Sendable, Equatable {
    /// So many on each side.
    case pixels(Int)
    /// As many as keep the size at stride 1, an odd one below and to the right. Only for stride 1, as in PyTorch.
    case same
}
