import Diagnostics

/// A layer whose shapes are known: what comes in, what goes out, what it trains.
public struct ResolvedLayer: Sendable, Equatable {
    /// Kind and ordinal, such as `convolution2`.
    public let name: String
    public let description: LayerDescription
    public let input: TensorShape
    public let output: TensorShape
    let parameters: [Tensor]

    /// A tensor that the layer trains.
    struct Tensor: Sendable, Equatable {
        /// `weight` or `bias`.
        let role: String
        let shape: [Int]
        let initialisation: Initialisation
    }
}

extension Model {
    /// The largest tensor of one sample or of parameters, in values: 4 GiB. Settings are kept below it too, so that no product overflows.
    static var largestCount: Int { 1 << 30 }

    /// Follows the input's shape through the layers.
    ///
    /// - Throws: `Failure.usage` that names the first layer which cannot take what comes to it, and why.
    public func resolvedLayers() throws -> [ResolvedLayer] {
        guard classes > 1 else { throw Failure(.usage, "model \(name): found \(classes) classes, expected at least 2") }
        let pixels = Double(input.height) * Double(input.width) * Double(input.channels)
        guard pixels <= Double(Self.largestCount), classes <= Self.largestCount else {
            throw Failure(
                .usage, "model \(name): inputs of \(input) in \(classes) classes are more than any machine here can train")
        }
        guard !layers.isEmpty else { throw Failure(.usage, "model \(name) has no layers") }
        guard layers.count <= 255 else {
            throw Failure(.usage, "model \(name) has \(layers.count) layers, at most 255 are possible")
        }
        var shape = input
        var ordinals: [String: Int] = [:]
        var resolved: [ResolvedLayer] = []
        for description in layers {
            ordinals[description.kind, default: 0] += 1
            let layerName = "\(description.kind)\(ordinals[description.kind, default: 1])"
            do {
                let (output, parameters) = try description.resolve(input: shape)
                guard output.count <= Self.largestCount,
                    parameters.allSatisfy({ $0.shape.reduce(1.0) { $0 * Double($1) } <= Double(Self.largestCount) })
                else {
                    throw ShapeProblem(
                        text: "more than \(Self.largestCount) values in one tensor are more than any machine here can train")
                }
                resolved.append(
                    ResolvedLayer(name: layerName, description: description, input: shape, output: output, parameters: parameters))
                shape = output
            } catch let problem as ShapeProblem {
                throw Failure(.usage, "model \(name), layer \(layerName), given \(shape): \(problem.text)")
            }
        }
        guard shape == TensorShape(vector: classes) else {
            throw Failure(.usage, "model \(name) ends with \(shape) values per sample, expected one for each of \(classes) classes")
        }
        guard resolved.contains(where: { !$0.parameters.isEmpty }) else {
            throw Failure(.usage, "model \(name) has no parameters: there is nothing to train")
        }
        return resolved
    }
}

extension Model {
    /// The number of trained values.
    /// - Throws: as `resolvedLayers()`.
    public func parameterCount() throws -> Int { ParameterLayout(try resolvedLayers()).parameterCount }
}

/// Why a layer cannot take the shape that came to it.
private struct ShapeProblem: Error {
    let text: String
}

extension LayerDescription {
    fileprivate func resolve(input: TensorShape) throws -> (output: TensorShape, parameters: [ResolvedLayer.Tensor]) {
        guard settings.allSatisfy({ $0 <= 1 << 20 }) else {
            throw ShapeProblem(text: "found a setting of \(settings.max() ?? 0), expected at most \(1 << 20)")
        }
        switch self {
        case .convolution(let layer): return try layer.resolve(input: input)
        case .maxPool(let layer), .averagePool(let layer): return (try layer.resolve(input: input), [])
        case .linear(let layer): return try layer.resolve(input: input)
        case .dropout(let layer):
            guard layer.rate >= 0 && layer.rate < 1 else {
                throw ShapeProblem(text: "found a dropout rate of \(layer.rate), expected 0 ≤ rate < 1")
            }
            return (input, [])
        case .relu: return (input, [])
        case .flatten: return (TensorShape(vector: input.count), [])
        }
    }
}

extension LayerDescription {
    /// Every number of the layer that a shape is computed from.
    private var settings: [Int] {
        switch self {
        case .convolution(let layer): [layer.channels, layer.kernel, layer.stride, layer.padding, layer.dilation, layer.groups]
        case .maxPool(let layer), .averagePool(let layer): [layer.size, layer.stride, layer.padding]
        case .linear(let layer): [layer.outputs]
        case .relu, .dropout, .flatten: []
        }
    }
}

extension LayerDescription.Convolution {
    fileprivate func resolve(input: TensorShape) throws -> (output: TensorShape, parameters: [ResolvedLayer.Tensor]) {
        guard channels > 0, kernel > 0, stride > 0, dilation > 0, groups > 0, padding >= 0 else {
            throw ShapeProblem(text: "channels, kernel, stride, dilation and groups must be at least 1, padding at least 0")
        }
        guard kernel <= 1 << 12 else { throw ShapeProblem(text: "found a kernel of \(kernel), expected at most \(1 << 12)") }
        guard input.channels % groups == 0, channels % groups == 0 else {
            throw ShapeProblem(
                text: "\(groups) groups do not divide \(input.channels) input and \(channels) output channels evenly")
        }
        let extent = dilation * (kernel - 1) + 1
        let output = try slide(extent, stride: stride, padding: padding, over: input, what: "kernel")
        let fanIn = kernel * kernel * input.channels / groups
        let weight = ResolvedLayer.Tensor(
            role: "weight", shape: [kernel, kernel, input.channels / groups, channels], initialisation: .uniform(fanIn: fanIn))
        let shape = TensorShape(height: output.height, width: output.width, channels: channels)
        return (shape, bias ? [weight, .init(role: "bias", shape: [channels], initialisation: .uniform(fanIn: fanIn))] : [weight])
    }
}

extension LayerDescription.Pool {
    fileprivate func resolve(input: TensorShape) throws -> TensorShape {
        guard size > 0, stride > 0, padding >= 0, padding * 2 <= size else {
            throw ShapeProblem(text: "size and stride must be at least 1, padding between 0 and half the size")
        }
        return try slide(size, stride: stride, padding: padding, over: input, what: "window")
    }
}

extension LayerDescription.Linear {
    fileprivate func resolve(input: TensorShape) throws -> (output: TensorShape, parameters: [ResolvedLayer.Tensor]) {
        guard outputs > 0 else { throw ShapeProblem(text: "outputs must be at least 1") }
        guard input.isVector else { throw ShapeProblem(text: "expected a vector; put 'flatten' before it") }
        let weight = ResolvedLayer.Tensor(
            role: "weight", shape: [input.channels, outputs], initialisation: .uniform(fanIn: input.channels))
        return (
            TensorShape(vector: outputs),
            bias ? [weight, .init(role: "bias", shape: [outputs], initialisation: .uniform(fanIn: input.channels))] : [weight]
        )
    }
}

/// The shape that a square window of `extent` pixels leaves as it slides over `input`.
private func slide(_ extent: Int, stride: Int, padding: Int, over input: TensorShape, what: String) throws -> TensorShape {
    let (height, width) = (input.height + 2 * padding - extent, input.width + 2 * padding - extent)
    guard height >= 0 && width >= 0 else {
        throw ShapeProblem(
            text: "a \(what) of \(extent)×\(extent) does not fit into \(input.height)×\(input.width)"
                + (padding > 0 ? " padded by \(padding)" : ""))
    }
    return TensorShape(height: height / stride + 1, width: width / stride + 1, channels: input.channels)
}
