import Kernels

extension LayerDescription {
    /// What the layer makes of an input, and what it trains; a residual block's branches are followed by the model.
    /// - Throws: `ShapeProblem` where the layer cannot take the input.
    func resolve(input: TensorShape) throws -> (output: TensorShape, parameters: [ResolvedLayer.Tensor]) {
        guard settings.allSatisfy({ $0 <= 1 << 20 }) else {
            throw ShapeProblem(text: "found a setting of \(settings.max() ?? 0), expected at most \(1 << 20)")
        }
        switch self {
        case .convolution(let layer): return try layer.resolve(input: input)
        case .maxPool(let layer):
            // What is below 1 is refused by `resolve`, and may be as far below as text has it.
            guard layer.size < 1 || layer.size * layer.size <= MaxPooling.mostPlaces else {
                throw ShapeProblem(
                    text: "found a window of \(layer.size) × \(layer.size), expected at most \(MaxPooling.mostPlaces) places: "
                        + "winners are remembered in 16 bits")
            }
            return (try layer.resolve(input: input), [])
        case .averagePool(let layer): return (try layer.resolve(input: input), [])
        case .globalAveragePool: return (TensorShape(vector: input.channels), [])
        case .batchNorm(let layer): return try layer.resolve(input: input)
        case .linear(let layer): return try layer.resolve(input: input)
        case .dropout(let layer):
            guard layer.rate >= 0 && layer.rate < 1 else {
                throw ShapeProblem(text: "found a dropout rate of \(layer.rate), expected 0 ≤ rate < 1")
            }
            // Draws are keyed by 24 bits of values in fours.
            guard input.count <= 1 << 26 else { throw ShapeProblem(text: "dropout of more than \(1 << 26) values is not possible") }
            return (input, [])
        case .padChannels(let layer):
            guard layer.channels >= input.channels else {
                throw ShapeProblem(text: "cannot pad \(input.channels) channels to \(layer.channels), which are fewer")
            }
            return (TensorShape(height: input.height, width: input.width, channels: layer.channels), [])
        case .relu, .residual: return (input, [])
        case .flatten: return (TensorShape(vector: input.count), [])
        }
    }

    /// Every number of the layer that a shape is computed from; all are kept far from where their products would overflow.
    private var settings: [Int] {
        switch self {
        case .convolution(let layer):
            let padding = if case .pixels(let pixels) = layer.padding { pixels } else { 0 }
            return [layer.channels, layer.kernel.height, layer.kernel.width, layer.stride, padding, layer.dilation, layer.groups]
        case .maxPool(let layer), .averagePool(let layer): return [layer.size, layer.stride, layer.padding]
        case .linear(let layer): return [layer.outputs]
        case .padChannels(let layer): return [layer.channels]
        case .relu, .dropout, .flatten, .globalAveragePool, .batchNorm, .residual: return []
        }
    }
}

extension LayerDescription.Convolution {
    fileprivate func resolve(input: TensorShape) throws -> (output: TensorShape, parameters: [ResolvedLayer.Tensor]) {
        let shape = try geometry(over: input)
        let fan = Fan(input: shape.taps, output: kernel.height * kernel.width * shape.groupOutputs)
        let weight = ResolvedLayer.Tensor(
            role: "weight", shape: [kernel.height, kernel.width, shape.groupInputs, channels], initialisation: initialisation,
            fan: fan,
            isWeight: true)
        let output = TensorShape(height: shape.outputHeight, width: shape.outputWidth, channels: channels)
        return (output, bias ? [weight, .bias(channels, initialisation, fan)] : [weight])
    }

    /// The convolution's geometry over an input.
    /// - Throws: `ShapeProblem` where its settings are impossible, or the kernel does not fit.
    func geometry(over input: TensorShape) throws -> ConvolutionShape {
        guard channels > 0, kernel.height > 0, kernel.width > 0, stride > 0, dilation > 0, groups > 0 else {
            throw ShapeProblem(text: "channels, kernel, stride, dilation and groups must be at least 1")
        }
        guard max(kernel.height, kernel.width) <= 1 << 12 else {
            throw ShapeProblem(text: "found a kernel of \(kernel), expected at most \(1 << 12)")
        }
        guard input.channels % groups == 0, channels % groups == 0 else {
            throw ShapeProblem(
                text: "\(groups) groups do not divide \(input.channels) input and \(channels) output channels evenly")
        }
        let reach = Extent(height: dilation * (kernel.height - 1), width: dilation * (kernel.width - 1))
        switch padding {
        case .pixels(let pixels):
            guard pixels >= 0 else { throw ShapeProblem(text: "found a padding of \(pixels), expected at least 0") }
            let output = try slide(
                Extent(height: reach.height + 1, width: reach.width + 1), stride: stride, padding: pixels, over: input,
                what: "kernel")
            return geometry(over: input, top: pixels, left: pixels, output: output)
        case .same:
            guard stride == 1 else {
                throw ShapeProblem(text: "padding 'same' is for stride 1, not \(stride); give the padding in pixels")
            }
            return geometry(over: input, top: reach.height / 2, left: reach.width / 2, output: input)
        }
    }

    private func geometry(over input: TensorShape, top: Int, left: Int, output: TensorShape) -> ConvolutionShape {
        ConvolutionShape(
            height: input.height, width: input.width, inputChannels: input.channels, kernelHeight: kernel.height,
            kernelWidth: kernel.width, outputChannels: channels, stride: stride, dilation: dilation, groups: groups,
            paddingTop: top,
            paddingLeft: left, outputHeight: output.height, outputWidth: output.width)
    }
}

extension LayerDescription.Pool {
    fileprivate func resolve(input: TensorShape) throws -> TensorShape {
        guard size > 0, stride > 0, padding >= 0, padding * 2 <= size else {
            throw ShapeProblem(text: "size and stride must be at least 1, padding between 0 and half the size")
        }
        return try slide(Extent(height: size, width: size), stride: stride, padding: padding, over: input, what: "window")
    }
}

extension LayerDescription.BatchNorm {
    fileprivate func resolve(input: TensorShape) throws -> (output: TensorShape, parameters: [ResolvedLayer.Tensor]) {
        guard epsilon > 0, epsilon.isFinite, momentum >= 0, momentum <= 1 else {
            throw ShapeProblem(text: "epsilon must be above 0, momentum between 0 and 1")
        }
        return (
            input,
            [
                .init(role: "weight", shape: [input.channels], initialisation: .ones),
                .init(role: "bias", shape: [input.channels], initialisation: .zeros),
            ]
        )
    }
}

extension LayerDescription.Linear {
    fileprivate func resolve(input: TensorShape) throws -> (output: TensorShape, parameters: [ResolvedLayer.Tensor]) {
        guard outputs > 0 else { throw ShapeProblem(text: "outputs must be at least 1") }
        guard input.isVector else { throw ShapeProblem(text: "expected a vector; put 'flatten' before it") }
        let fan = Fan(input: input.channels, output: outputs)
        let weight = ResolvedLayer.Tensor(
            role: "weight", shape: [input.channels, outputs], initialisation: initialisation, fan: fan, isWeight: true)
        return (TensorShape(vector: outputs), bias ? [weight, .bias(outputs, initialisation, fan)] : [weight])
    }
}

extension ResolvedLayer.Tensor {
    /// A bias: drawn with its weights where they are uniform, as in PyTorch, else zero.
    fileprivate static func bias(_ count: Int, _ initialisation: Initialisation, _ fan: Fan) -> Self {
        .init(role: "bias", shape: [count], initialisation: initialisation == .uniform ? .uniform : .zeros, fan: fan)
    }
}

/// The shape that a window of `extent` pixels leaves as it slides over `input`.
private func slide(_ extent: Extent, stride: Int, padding: Int, over input: TensorShape, what: String) throws -> TensorShape {
    let (height, width) = (input.height + 2 * padding - extent.height, input.width + 2 * padding - extent.width)
    guard height >= 0 && width >= 0 else {
        throw ShapeProblem(
            text: "a \(what) of \(extent) does not fit into \(input.height)×\(input.width)"
                + (padding > 0 ? " padded by \(padding)" : ""))
    }
    return TensorShape(height: height / stride + 1, width: width / stride + 1, channels: input.channels)
}
