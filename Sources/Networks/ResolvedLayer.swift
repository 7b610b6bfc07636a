import Diagnostics

/// A layer whose shapes are known: what comes in, what goes out, what it trains.
public struct ResolvedLayer: Sendable, Equatable {
    /// Kind and ordinal, behind those of the blocks around it, such as `residual2.shortcut.convolution1`.
    public let name: String
    public let description: LayerDescription
    public let input: TensorShape
    public let output: TensorShape
    let parameters: [Tensor]
    /// The branches of a residual block; empty for every other layer.
    public let layers: [ResolvedLayer]
    public let shortcut: [ResolvedLayer]

    /// A tensor that belongs to the layer.
    struct Tensor: Sendable, Equatable {
        /// Such as `weight` or `bias`.
        let role: String
        let shape: [Int]
        let initialisation: Initialisation
        var fan = Fan(input: 1, output: 1)
        var isWeight = false
        /// The floats of its place in an arena: more than its own where it is a slice, so that the arenas of all slices look alike.
        var room: Int?
    }

    /// This layer and all layers within it, in the order in which data reach them.
    public var flattened: [ResolvedLayer] { [self] + layers.flatMap(\.flattened) + shortcut.flatMap(\.flattened) }

    /// Trained values of this layer and those within it.
    public var parameterCount: Int {
        flattened.reduce(0) { $0 + $1.parameters.reduce(0) { $0 + $1.shape.reduce(1, *) } }
    }

    /// Multiply-adds of one sample's forward pass through convolutions and linear layers.
    public var multiplyAdds: Int {
        flattened.reduce(0) { sum, layer in
            switch layer.description {
            case .convolution: sum + layer.output.height * layer.output.width * (layer.parameters.first?.shape.reduce(1, *) ?? 0)
            case .linear: sum + (layer.parameters.first?.shape.reduce(1, *) ?? 0)
            default: sum
            }
        }
    }
}

/// Why a layer cannot take the shape that came to it.
struct ShapeProblem: Error {
    let text: String
}

extension Model {
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
        let (resolved, output) = try resolve(layers, input: input, prefix: "", depth: 0)
        guard output == TensorShape(vector: classes) else {
            throw Failure(
                .usage, "model \(name) ends with \(output) values per sample, expected one for each of \(classes) classes")
        }
        let all = resolved.flatMap(\.flattened)
        guard all.contains(where: { !$0.parameters.isEmpty }) else {
            throw Failure(.usage, "model \(name) has no parameters: there is nothing to train")
        }
        let dropouts = all.count { if case .dropout = $0.description { true } else { false } }
        guard all.count <= Self.largestLayerCount, dropouts <= Self.largestDropoutCount else {
            throw Failure(
                .usage,
                "model \(name) has \(all.count) layers, \(dropouts) of them dropout; at most \(Self.largestLayerCount) and "
                    + "\(Self.largestDropoutCount) are possible")
        }
        // Blocks stand beside their own layers here.
        let work = all.filter(\.layers.isEmpty).reduce(0.0) { $0 + Double($1.multiplyAdds) }
        guard work <= Double(Self.largestWork) else {
            throw Failure(
                .usage, "model \(name) takes \(work) multiply-adds for one sample, more than any machine here can train")
        }
        return resolved
    }

    /// The number of trained values.
    /// - Throws: as `resolvedLayers()`.
    public func parameterCount() throws -> Int { ParameterLayout(try resolvedLayers()).parameterCount }

    /// The largest tensor of one sample or of parameters, in values: 4 GiB.
    private static var largestCount: Int { 1 << 30 }
    /// Multiply-adds of a sample's forward pass: a day on one core, and far from where sums of a whole step would overflow.
    private static var largestWork: Int { 1 << 52 }
    /// Of an image; kernels keep tables with a place for each. Four million are 2,048 × 2,048.
    private static var largestPixelCount: Int { 1 << 22 }
    private static var largestLayerCount: Int { 1 << 12 }
    /// Draws tell the dropout layers of a model apart by eight bits.
    private static var largestDropoutCount: Int { 1 << 8 }
    private static var largestDepth: Int { 16 }

    private func resolve(
        _ layers: [LayerDescription], input: TensorShape, prefix: String, depth: Int
    ) throws -> ([ResolvedLayer], output: TensorShape) {
        guard depth <= Self.largestDepth else {
            throw Failure(
                .usage,
                "model \(name): residual blocks stand in each other \(depth) deep, at most \(Self.largestDepth) are possible")
        }
        var shape = input
        var ordinals: [String: Int] = [:]
        var resolved: [ResolvedLayer] = []
        for description in layers {
            let ordinal = ordinals[description.kind, default: 0] + 1
            ordinals[description.kind] = ordinal
            let layerName = "\(prefix)\(description.kind)\(ordinal)"
            do {
                var branches: (layers: [ResolvedLayer], shortcut: [ResolvedLayer]) = ([], [])
                let (output, parameters): (TensorShape, [ResolvedLayer.Tensor])
                if case .residual(let block) = description {
                    guard !block.layers.isEmpty else { throw ShapeProblem(text: "a residual block needs at least one layer") }
                    guard !(block.layers + block.shortcut).contains(.flatten) else {
                        throw ShapeProblem(text: "'flatten' has no place in a residual block: put it before or behind")
                    }
                    let (main, mainOutput) = try resolve(block.layers, input: shape, prefix: "\(layerName).", depth: depth + 1)
                    let (short, shortOutput) = try resolve(
                        block.shortcut, input: shape, prefix: "\(layerName).shortcut.", depth: depth + 1)
                    guard mainOutput == shortOutput else {
                        throw ShapeProblem(
                            text:
                                "its layers end with \(mainOutput), its shortcut with \(shortOutput); give it a shortcut that ends alike"
                        )
                    }
                    branches = (main, short)
                    (output, parameters) = (mainOutput, [])
                } else {
                    (output, parameters) = try description.resolve(input: shape)
                }
                for image in [shape, output] where Double(image.height) * Double(image.width) > Double(Self.largestPixelCount) {
                    throw ShapeProblem(
                        text: "found an image of \(image.height)×\(image.width) pixels, expected at most \(Self.largestPixelCount)")
                }
                let sizes =
                    parameters.map { $0.shape.reduce(1.0) { $0 * Double($1) } } + [
                        Double(output.height) * Double(output.width) * Double(output.channels)
                    ]
                guard sizes.allSatisfy({ $0 <= Double(Self.largestCount) }) else {
                    throw ShapeProblem(
                        text: "more than \(Self.largestCount) values in one tensor are more than any machine here can train")
                }
                resolved.append(
                    ResolvedLayer(
                        name: layerName, description: description, input: shape, output: output, parameters: parameters,
                        layers: branches.layers, shortcut: branches.shortcut))
                shape = output
            } catch let problem as ShapeProblem {
                throw Failure(.usage, "model \(name), layer \(layerName), given \(shape): \(problem.text)")
            }
        }
        return (resolved, shape)
    }
}
