import Diagnostics
import Kernels

/// One layer of a plan: it knows where its input, output and parameters lie, and both directions through it.
protocol CompiledLayer {
    /// Lays its weights out anew, once they have changed; most layers take them as they are.
    func prepare(parameters: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>)
    func forward(_ pass: Pass)
    /// Turns the gradient of the output into that of the input, and adds that of the parameters.
    func backward(_ pass: Pass)
}

extension CompiledLayer {
    func prepare(parameters: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {}
}

/// Where a layer finds the gradient of its output and puts that of its input (nil: nobody asks for it).
struct GradientWiring {
    let output: GradientPlace
    let input: GradientPlace?
}

/// Lays the layers of a model out one after another: a buffer for every activation, a few that the gradients of activations take turns in,
/// one scratch for all.
///
/// In a chain, the gradients of neighbouring activations alternate between two buffers. Within a residual block they alternate between two
/// of the block's own depth, and the shortcut's has a third, since the gradient of the block's output must last until both branches have
/// used it.
struct Compiler {
    private(set) var layers: [any CompiledLayer] = []
    /// Floats per sample of all activations so far.
    private(set) var activationCount = 0
    /// Floats per sample of each gradient buffer.
    private(set) var gradientCounts: [Int] = []
    /// Floats of the largest scratch, over all samples.
    private(set) var scratchCount = 0
    /// Bytes per sample of what dropout layers remember.
    private(set) var maskCount = 0
    /// Floats of all weights that layers lay out anew.
    private(set) var preparedCount = 0
    private let capacity: Int
    private let convolution: ConvolutionPolicy
    private let fuses: Bool
    private let layout: ParameterLayout
    private let offsets: [String: Int]
    private var dropoutCount = 0

    /// - Parameter fuses: whether neighbouring layers become one where that saves a pass over memory; no value changes by it.
    init(capacity: Int, layout: ParameterLayout, convolution: ConvolutionPolicy, fuses: Bool = true) {
        self.capacity = capacity
        self.convolution = convolution
        self.fuses = fuses
        self.layout = layout
        offsets = Dictionary(uniqueKeysWithValues: layout.tensors.map { ($0.name, $0.offset) })
    }

    /// An activation: where it lies, where its gradient does, and whether whatever wrote it reads it again in its backward pass, so that
    /// nothing may be written over it.
    private struct Activation {
        var place: Place
        var gradient: GradientPlace?
        var isReadAgain: Bool
    }

    /// Compiles a whole model; returns where its outputs and their gradient lie.
    mutating func compile(_ model: [ResolvedLayer]) -> (outputs: Place, gradient: GradientPlace) {
        let end = GradientPlace(index: 0)
        let images = Activation(place: .images, gradient: nil, isReadAgain: true)
        let outputs = compile(model, from: images, outputGradient: end, depth: 0)
        return (outputs.place, end)
    }

    /// Compiles a chain whose last activation has its gradient at `outputGradient`.
    private mutating func compile(
        _ chain: [ResolvedLayer], from input: Activation, outputGradient: GradientPlace, depth: Int
    ) -> Activation {
        let alternating = (GradientPlace(index: 3 * depth + 1), GradientPlace(index: 3 * depth + 2))
        let working = Fusion.rewrite(chain.filter { $0.description != .flatten }, fuses: fuses)
        var current = input
        for (index, fusion) in working.enumerated() {
            let isLast = index == working.count - 1
            let gradient = isLast ? outputGradient : current.gradient == alternating.0 ? alternating.1 : alternating.0
            current = append(fusion, to: current, gradient: gradient, mayMove: !isLast, depth: depth)
        }
        return current
    }

    /// Appends one layer that reads `input`, with the gradient of its output at `gradient`.
    /// - Parameter mayMove: whether the output's gradient may lie in the input's own buffer instead.
    private mutating func append(
        _ fusion: Fusion, to input: Activation, gradient: GradientPlace, mayMove: Bool, depth: Int
    ) -> Activation {
        let layer = fusion.layer
        var gradient = gradient
        if case .relu = layer.description, case .activation(let offset) = input.place, !input.isReadAgain {
            // ReLU works in place, both ways.
            if mayMove, let own = input.gradient { gradient = own }
            let wiring = wire(layer, input, gradient)
            layers.append(ReLULayer(count: layer.input.count, input: input.place, output: offset, gradients: wiring))
            return Activation(place: input.place, gradient: gradient, isReadAgain: true)
        }
        if case .residual = layer.description { return appendBlock(fusion, to: input, gradient: gradient, depth: depth) }
        let output = reserve(layer.output)
        let wiring = wire(layer, input, gradient)
        let (compiled, isReadAgain) = compiled(fusion, input: input.place, output: output, wiring: wiring)
        layers.append(compiled)
        return Activation(place: .activation(output), gradient: gradient, isReadAgain: isReadAgain)
    }

    /// Both branches, and their sum. Backward runs from the end: the layers' branch leaves its gradient where the input's belongs, then the
    /// shortcut's is added to it.
    private mutating func appendBlock(
        _ fusion: Fusion, to input: Activation, gradient: GradientPlace, depth: Int
    ) -> Activation {
        let block = fusion.layer
        let protected = Activation(place: input.place, gradient: input.gradient, isReadAgain: true)
        // The shortcut comes first in forward order, so that it comes last in backward order, when the layers' branch is done.
        let shortcutGradient: GradientPlace? = block.shortcut.isEmpty ? nil : GradientPlace(index: 3 * depth + 3)
        if input.gradient != nil {
            layers.append(
                BranchJoin(count: block.input.count, from: shortcutGradient ?? gradient, into: input.gradient))
        }
        if let shortcutGradient { note(shortcutGradient, count: block.input.count) }
        let start = Activation(
            place: input.place, gradient: input.gradient == nil ? nil : shortcutGradient, isReadAgain: true)
        let short =
            block.shortcut.isEmpty ? protected : compile(block.shortcut, from: start, outputGradient: gradient, depth: depth + 1)
        let main = compile(block.layers, from: protected, outputGradient: gradient, depth: depth + 1)
        let output = reserve(block.output)
        note(gradient, count: block.output.count)
        layers.append(
            AdditionLayer(
                count: block.output.count, first: main.place, second: short.place, output: output, gradient: gradient,
                rectifies: fusion.rectifies))
        return Activation(place: .activation(output), gradient: gradient, isReadAgain: fusion.rectifies)
    }

    private mutating func compiled(
        _ fusion: Fusion, input: Place, output: Int, wiring: GradientWiring
    ) -> (any CompiledLayer, isReadAgain: Bool) {
        let layer = fusion.layer
        switch layer.description {
        case .convolution(let description):
            guard let geometry = try? description.geometry(over: layer.input) else {
                fault("\(layer.name) does not take the shape that it was resolved for")
            }
            let kernels = ConvolutionChoice(geometry, policy: convolution)
            scratchCount = max(scratchCount, kernels.scratchCount)
            return (
                ConvolutionLayer(
                    kernels: kernels, input: input, output: output, gradients: wiring, parameters: parameters(of: layer),
                    preparedForward: reservePrepared(kernels.forward.forwardCount),
                    preparedBackward: wiring.input == nil ? nil : reservePrepared(kernels.backwardInput.backwardCount)), false
            )
        case .maxPool(let description):
            let shape = PoolingShape(description, over: layer.input)
            maskCount += shape.outputCount * MemoryLayout<UInt16>.stride
            return (
                MaxPoolingLayer(
                    shape: shape, capacity: capacity, rectifies: fusion.rectifies, input: input, output: output, gradients: wiring),
                true
            )
        case .averagePool(let description):
            let shape = PoolingShape(description, over: layer.input)
            return (AveragePoolingLayer(shape: shape, input: input, output: output, gradients: wiring), false)
        case .globalAveragePool:
            let whole = PoolingShape(
                height: layer.input.height, width: layer.input.width, channels: layer.input.channels,
                windowHeight: layer.input.height, windowWidth: layer.input.width, stride: 1)
            return (AveragePoolingLayer(shape: whole, input: input, output: output, gradients: wiring), false)
        case .batchNorm(let description):
            return (
                BatchNormLayer(
                    shape: layer.input, epsilon: Float(description.epsilon), rectifies: fusion.rectifies, input: input,
                    output: output, gradients: wiring,
                    offsets: .init(
                        scale: offset(layer, "weight"), shift: offset(layer, "bias"), runningMean: offset(layer, "running-mean"),
                        runningVariance: offset(layer, "running-variance"))), false
            )
        case .linear(let description):
            return (
                LinearLayer(
                    inputs: layer.input.count, outputs: description.outputs, input: input, output: output, gradients: wiring,
                    parameters: parameters(of: layer)), false
            )
        case .relu:
            return (ReLULayer(count: layer.input.count, input: input, output: output, gradients: wiring), true)
        case .dropout(let description):
            defer { dropoutCount += 1 }
            maskCount += layer.input.count
            return (
                DropoutLayer(
                    ordinal: dropoutCount, count: layer.input.count, capacity: capacity, rate: description.rate, input: input,
                    output: output, gradients: wiring), false
            )
        case .padChannels:
            return (
                ChannelPaddingLayer(
                    shape: layer.input, outputs: layer.output.channels, input: input, output: output, gradients: wiring),
                false
            )
        case .flatten, .residual:
            fault("\(layer.name) is no layer of its own")
        }
    }

    private mutating func wire(_ layer: ResolvedLayer, _ input: Activation, _ gradient: GradientPlace) -> GradientWiring {
        note(gradient, count: layer.output.count)
        if let place = input.gradient { note(place, count: layer.input.count) }
        return GradientWiring(output: gradient, input: input.gradient)
    }

    private mutating func note(_ place: GradientPlace, count: Int) {
        while gradientCounts.count <= place.index { gradientCounts.append(0) }
        gradientCounts[place.index] = max(gradientCounts[place.index], count)
    }

    private func offset(_ layer: ResolvedLayer, _ role: String) -> Int {
        guard let offset = offsets["\(layer.name).\(role)"] else { fault("\(layer.name) has no \(role) in the arena") }
        return offset
    }

    private func parameters(of layer: ResolvedLayer) -> LayerParameters {
        LayerParameters(weight: offset(layer, "weight"), bias: offsets["\(layer.name).bias"])
    }

    private mutating func reservePrepared(_ count: Int) -> Int? {
        guard count > 0 else { return nil }
        defer { preparedCount += AlignedFloats.rounded(count) }
        return preparedCount
    }

    private mutating func reserve(_ shape: TensorShape) -> Int {
        defer { activationCount += AlignedFloats.rounded(shape.count) }
        return activationCount
    }
}

/// Where a layer's parameters start in the arena.
struct LayerParameters {
    let weight: Int
    let bias: Int?
}

extension PoolingShape {
    init(_ description: LayerDescription.Pool, over input: TensorShape) {
        self.init(
            height: input.height, width: input.width, channels: input.channels, windowHeight: description.size,
            windowWidth: description.size, stride: description.stride, padding: description.padding)
    }
}
