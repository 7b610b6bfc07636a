import Diagnostics

/// A model that comes with Lockstep, for any input shape and number of classes, with the options that it has.
public struct BuiltInModel: Sendable, Equatable {
    public let name: Name
    public var options: Options

    public enum Name: String, Sendable, CaseIterable, Codable {
        case linear, mlp
        case mlp512 = "mlp-512"
        case mnistCNN = "mnist-cnn"
        case lenet5
        case lenet5Dilated = "lenet5-dilated"
        case lenet5Depthwise = "lenet5-depthwise"
        case lenet5Shallow = "lenet5-shallow"
        case lenet5Deep = "lenet5-deep"
        case simpleCNN = "simple-cnn"
        case alexnet32, vgg11, resnet8
        case resnet8Plain = "resnet8-plain"
        case resnet20, resnet32, resnet56, resnet18
        case cnn200
        case resnet3443 = "resnet-3443"
    }

    /// What some models let one choose; nil is the model's own default.
    public struct Options: Sendable, Equatable, Codable {
        /// The kernel of `mnist-cnn`.
        public var kernel: Int?
        /// The channels of `mnist-cnn`'s convolutions.
        public var channels: Int?
        /// The hidden layers of `mlp`.
        public var widths: [Int]?
        /// How the channels and hidden values of `simple-cnn`, `cnn200` and `resnet-3443` are multiplied: 0.5 is a narrow form, 2 a wide one.
        public var width: Double?
        /// The dropout rate of models that have dropout.
        public var dropout: Double?

        public init() {}

        public enum CodingKeys: String, CodingKey, CaseIterable { case kernel, channels, widths, width, dropout }
    }

    public init(_ name: Name, options: Options = Options()) {
        self.name = name
        self.options = options
    }

    /// - Throws: `Failure.usage` with the nearest known name where there is no such model.
    public init(named name: String) throws {
        guard let known = Name(rawValue: name) else {
            let names = Name.allCases.map(\.rawValue)
            throw Failure(
                .usage,
                "unknown model '\(name)': \(suggestion(for: name, among: names))known models are \(names.joined(separator: ", "))")
        }
        self.init(known)
    }

    public func model(input: TensorShape, classes: Int) -> Model {
        Model(
            name: name.rawValue, input: input, classes: classes, layers: layers(input: input) + [.linear(.init(outputs: classes))])
    }

    /// The shape that the model is usually given, where no data say another.
    public var usualInput: TensorShape {
        switch name {
        case .mlp, .mlp512, .mnistCNN, .simpleCNN: TensorShape(height: 28, width: 28, channels: 1)
        case .cnn200, .resnet3443: TensorShape(height: 64, width: 64, channels: 3)
        default: TensorShape(height: 32, width: 32, channels: 3)
        }
    }

    public var usualClasses: Int {
        switch name {
        case .cnn200, .resnet3443: 200
        default: 10
        }
    }

    /// The options that the model has; it knows nothing of the others.
    public var knownOptions: [Options.CodingKeys] {
        switch name {
        case .mlp: [.widths]
        case .mnistCNN: [.kernel, .channels]
        case .simpleCNN, .cnn200, .resnet3443: [.width]
        case .lenet5, .lenet5Dilated, .lenet5Depthwise, .lenet5Shallow, .lenet5Deep, .alexnet32: [.dropout]
        default: []
        }
    }

    /// One line on what it is and where it comes from.
    public var summary: String {
        switch name {
        case .linear: "softmax regression"
        case .mlp: "perceptron with hidden layers of 100 and 50 (option widths)"
        case .mlp512: "perceptron with two hidden layers of 512"
        case .mnistCNN: "two convolutions with average pooling (options kernel, channels)"
        case .lenet5: "LeCun et al. 1998, with ReLU, max pooling and dropout"
        case .lenet5Dilated: "lenet5 with 3×3 kernels dilated to reach 5×5"
        case .lenet5Depthwise: "lenet5 with depthwise-separable convolutions"
        case .lenet5Shallow: "lenet5 with one convolution"
        case .lenet5Deep: "lenet5 with four convolutions"
        case .simpleCNN: "Shallue et al. 2019 (option width: 0.5 narrow, 2 wide)"
        case .alexnet32: "five convolutions and two wide linear layers, after Krizhevsky et al. 2012"
        case .vgg11: "Simonyan and Zisserman 2015, configuration A, with BatchNorm and one linear layer"
        case .resnet8, .resnet20, .resnet32, .resnet56: "He et al. 2016, for 32×32 images, with BatchNorm"
        case .resnet8Plain: "pre-activation ResNet-8 without BatchNorm, as in Shallue et al. 2019"
        case .resnet18: "He et al. 2016, with the stem for 32×32 images"
        case .cnn200: "the 200-class report's CNN: five convolutions with BatchNorm (option width)"
        case .resnet3443: "the 200-class report's ResNet: [3, 4, 4, 3] blocks of 64 to 512 (option width)"
        }
    }
}
