/// The layers of each built-in model, but for the last one, which gives a value for each class.
extension BuiltInModel {
    func layers(input: TensorShape) -> [LayerDescription] {
        switch name {
        case .linear: [.flatten]
        case .mlp: perceptron(options.widths ?? [100, 50])
        case .mlp512: perceptron([512, 512])
        case .mnistCNN: mnistCNN
        case .lenet5:
            lenet5(
                input, first: [.convolution(.init(channels: 6, kernel: 5, padding: lenetPadding(input)))],
                second: [.convolution(.init(channels: 16, kernel: 5))])
        case .lenet5Dilated:
            lenet5(
                input, first: [.convolution(.init(channels: 6, kernel: 3, padding: lenetPadding(input), dilation: 2))],
                second: [.convolution(.init(channels: 16, kernel: 3, dilation: 2))])
        case .lenet5Depthwise:
            lenet5(
                input, first: separable(from: input.channels, to: 6, padding: lenetPadding(input)),
                second: separable(from: 6, to: 16, padding: .pixels(0)))
        case .lenet5Shallow:
            [.convolution(.init(channels: 6, kernel: 5, padding: lenetPadding(input))), .relu, .maxPool(.init(size: 2))] + lenetHead
        case .lenet5Deep:
            lenet5(
                input,
                first: [
                    .convolution(.init(channels: 6, kernel: 3, padding: .same)), .relu,
                    .convolution(.init(channels: 6, kernel: 5, padding: lenetPadding(input))),
                ],
                second: [
                    .convolution(.init(channels: 16, kernel: 3, padding: .same)), .relu,
                    .convolution(.init(channels: 16, kernel: 5)),
                ])
        case .simpleCNN: simpleCNN
        case .alexnet32: alexnet32
        case .vgg11: vgg11
        case .resnet8: cifarResNet(blocks: 1)
        case .resnet20: cifarResNet(blocks: 3)
        case .resnet32: cifarResNet(blocks: 5)
        case .resnet56: cifarResNet(blocks: 9)
        case .resnet8Plain: plainResNet8
        case .resnet18: resNet(stages: [(64, 2), (128, 2), (256, 2), (512, 2)])
        case .cnn200: cnn200
        case .resnet3443: resNet(stages: [(scaled(64), 3), (scaled(128), 4), (scaled(256), 4), (scaled(512), 3)])
        }
    }

    /// As many channels or hidden values, by the option `width`. What is far too large, or no number, becomes a setting that is refused by its
    /// layer.
    private func scaled(_ count: Int) -> Int { Int(max(1, min(0x1p21, (Double(count) * (options.width ?? 1)).rounded()))) }

    private func perceptron(_ widths: [Int]) -> [LayerDescription] {
        [.flatten] + widths.flatMap { [.linear(.init(outputs: $0)), .relu] }
    }

    private var mnistCNN: [LayerDescription] {
        let size = options.kernel ?? 3
        let convolution = LayerDescription.convolution(
            .init(channels: options.channels ?? 16, kernel: Extent(integerLiteral: size), padding: .same))
        return [convolution, .relu, .averagePool(.init(size: 2)), convolution, .relu, .averagePool(.init(size: 2)), .flatten]
    }

    // MARK: LeNet-5 and its variants

    /// The network was drawn for 32×32: a smaller image is padded to that.
    private func lenetPadding(_ input: TensorShape) -> Padding {
        .pixels(input.height < 32 ? (32 - input.height + 1) / 2 : 0)
    }

    private var lenetHead: [LayerDescription] {
        [
            .flatten, .linear(.init(outputs: 120)), .relu, .linear(.init(outputs: 84)), .relu,
            .dropout(.init(rate: options.dropout ?? 0.5)),
        ]
    }

    private func lenet5(_ input: TensorShape, first: [LayerDescription], second: [LayerDescription]) -> [LayerDescription] {
        first + [.relu, .maxPool(.init(size: 2))] + second + [.relu, .maxPool(.init(size: 2))] + lenetHead
    }

    /// A 5×5 convolution of each channel for itself, then a 1×1 convolution over channels.
    private func separable(from inputs: Int, to outputs: Int, padding: Padding) -> [LayerDescription] {
        [
            .convolution(.init(channels: inputs, kernel: 5, padding: padding, groups: inputs)),
            .convolution(.init(channels: outputs, kernel: 1)),
        ]
    }

    // MARK: Chains

    private var simpleCNN: [LayerDescription] {
        [
            .convolution(.init(channels: scaled(32), kernel: 5, padding: .same)), .relu, .maxPool(.init(size: 2)),
            .convolution(.init(channels: scaled(64), kernel: 5, padding: .same)), .relu, .maxPool(.init(size: 2)),
            .flatten, .linear(.init(outputs: scaled(1024))), .relu,
        ]
    }

    private var alexnet32: [LayerDescription] {
        let dropout = LayerDescription.dropout(.init(rate: options.dropout ?? 0.5))
        let pool = LayerDescription.maxPool(.init(size: 3, stride: 2, padding: 1))
        return [
            .convolution(.init(channels: 64, kernel: 5, padding: .same)), .relu, pool,
            .convolution(.init(channels: 192, kernel: 5, padding: .same)), .relu, pool,
            .convolution(.init(channels: 384, kernel: 3, padding: .same)), .relu,
            .convolution(.init(channels: 256, kernel: 3, padding: .same)), .relu,
            .convolution(.init(channels: 256, kernel: 3, padding: .same)), .relu, pool,
            .flatten, dropout, .linear(.init(outputs: 2048)), .relu, dropout, .linear(.init(outputs: 2048)), .relu,
        ]
    }

    private var vgg11: [LayerDescription] {
        let stages = [[64], [128], [256, 256], [512, 512], [512, 512]]
        return stages.flatMap { widths in
            widths.flatMap { normalised($0, kernel: 3, padding: 1, bias: true) + [.relu] } + [.maxPool(.init(size: 2))]
        } + [.flatten]
    }

    private var cnn200: [LayerDescription] {
        let pool = LayerDescription.maxPool(.init(size: 3, stride: 2, padding: 1))
        let convolutions: [(channels: Int, kernel: Extent)] = [(32, 3), (64, 2), (192, 2), (256, 2), (256, 3)]
        return convolutions.flatMap { normalised(scaled($0.channels), kernel: $0.kernel, padding: 1) + [.relu, pool] } + [.flatten]
    }

    /// A convolution and BatchNorm, whose shift takes the place of a bias where the original has none.
    private func normalised(_ channels: Int, kernel: Extent, stride: Int = 1, padding: Int = 0, bias: Bool = false)
        -> [LayerDescription]
    {
        [
            .convolution(.init(channels: channels, kernel: kernel, stride: stride, padding: .pixels(padding), bias: bias)),
            .batchNorm(.init()),
        ]
    }

    // MARK: Residual networks

    /// He et al., section 4.2: three stages of 16, 32 and 64 channels; shortcuts have no parameters (option A).
    private func cifarResNet(blocks: Int) -> [LayerDescription] {
        resNet(stages: [(16, blocks), (32, blocks), (64, blocks)], isProjecting: false)
    }

    /// Basic blocks of two 3×3 convolutions; a stage's first block halves the size, with a projection as its shortcut (option B), or
    /// every other pixel and channels of zeros (option A).
    private func resNet(stages: [(channels: Int, blocks: Int)], isProjecting: Bool = true) -> [LayerDescription] {
        var layers = normalised(stages[0].channels, kernel: 3, padding: 1) + [.relu]
        var inputs = stages[0].channels
        for (index, stage) in stages.enumerated() {
            for block in 0..<stage.blocks {
                let stride = index > 0 && block == 0 ? 2 : 1
                let main =
                    normalised(stage.channels, kernel: 3, stride: stride, padding: 1) + [.relu]
                    + normalised(stage.channels, kernel: 3, padding: 1)
                let shortcut =
                    stride == 1 && inputs == stage.channels
                    ? []
                    : isProjecting
                        ? normalised(stage.channels, kernel: 1, stride: stride) : subsampled(stage.channels, stride: stride)
                layers.append(.residual(.init(layers: main, shortcut: shortcut)))
                layers.append(.relu)
                inputs = stage.channels
            }
        }
        return layers + [.globalAveragePool]
    }

    /// Every `stride`-th pixel, with channels of zeros behind its own: a shortcut without parameters.
    private func subsampled(_ channels: Int, stride: Int) -> [LayerDescription] {
        [.maxPool(.init(size: 1, stride: stride)), .padChannels(.init(channels: channels))]
    }

    /// Blocks begin with their ReLU (He et al., ECCV 2016), shortcuts have no parameters (option A).
    private var plainResNet8: [LayerDescription] {
        func convolution(_ channels: Int, stride: Int = 1) -> LayerDescription {
            .convolution(.init(channels: channels, kernel: 3, stride: stride, padding: .pixels(1), initialisation: .he))
        }
        func block(_ channels: Int, stride: Int) -> LayerDescription {
            .residual(
                .init(
                    layers: [.relu, convolution(channels, stride: stride), .relu, convolution(channels)],
                    shortcut: stride == 1 ? [] : subsampled(channels, stride: stride)))
        }
        return [convolution(16), block(16, stride: 1), block(32, stride: 2), block(64, stride: 2), .relu, .globalAveragePool]
    }
}
