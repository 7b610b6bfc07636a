import Diagnostics
import Kernels

/// One layer of a plan: it knows which values it reads and writes, where its parameters lie, and both directions through it.
protocol CompiledLayer {
    var forwardUse: Use { get }
    var backwardUse: Use { get }
    /// Where the gradients that its backward pass adds to start in the arena.
    var gradientOffsets: [Int] { get }
    /// How many gradients of parameters it has.
    var gradientCount: Int { get }
    /// The fewest samples that it had better be given at a time; `Int.max` for as many as there are.
    func leastSamples(_ direction: Direction) -> Int
    /// Whether what it gives in a direction is so cheap that it is computed again where another pass needs it, instead of being kept.
    func isCheap(_ direction: Direction) -> Bool
    /// Lays its weights out for a direction, once they have changed; most layers take them as they are.
    func prepare(_ direction: Direction, _ weights: WeightPreparation)
    func forward(_ tile: Tile)
    /// Turns the gradient of the output into that of the input, and adds that of the parameters.
    func backward(_ tile: Tile)
    /// The same, for layers that take long: `meanwhile` is called as their kernels do (`ConvolutionAlgorithm`).
    func forward(_ tile: Tile, meanwhile: () -> Void)
    func backward(_ tile: Tile, meanwhile: () -> Void)
}

extension CompiledLayer {
    var gradientOffsets: [Int] { [] }
    var gradientCount: Int { 0 }
    func leastSamples(_ direction: Direction) -> Int { 1 }
    func isCheap(_ direction: Direction) -> Bool { false }
    func prepare(_ direction: Direction, _ weights: WeightPreparation) {}
    func forward(_ tile: Tile, meanwhile: () -> Void) { forward(tile) }
    func backward(_ tile: Tile, meanwhile: () -> Void) { backward(tile) }
}

/// Weights on their way from the arena to where kernels want them.
struct WeightPreparation {
    let parameters: UnsafePointer<Float>
    let slots: UnsafePointer<Tile.Slot>

    subscript(value: Value) -> UnsafeMutablePointer<Float> { slots[value.index].base.assumingMemoryBound(to: Float.self) }
}

/// What a layer reads and writes: its input and output, and their gradients (nil: nobody asks for it).
struct Wiring {
    let input: Value
    let output: Value
    let outputGradient: Value
    let inputGradient: Value?

    var forward: Use { Use(reads: [input], writes: [output]) }

    /// - Parameter kept: what the backward pass reads beside the gradient of the output.
    func backward(keeping kept: [Value] = []) -> Use {
        Use(reads: [outputGradient] + kept, writes: inputGradient.map { [$0] } ?? [])
    }
}

/// Turns the layers of a model into compiled ones, one after another, and names the values between them.
struct Compiler {
    /// In forward order.
    private(set) var layers: [any CompiledLayer] = []
    private(set) var sizes: ValueSizes
    /// Floats of the largest scratch, over all samples.
    private(set) var scratchCount = 0
    private let convolution: ConvolutionPolicy
    private let kernels: KernelTable?
    /// Whether neighbouring layers become one where that saves a pass over memory; no value changes by it.
    private let fuses: Bool
    private let offsets: [String: Int]
    private var dropoutCount: Int
    private let firstNeuron: Int

    /// What goes into a part of a network and comes out of it.
    struct Ends {
        let outputs: Value
        let outputsGradient: Value
        /// Nil where the inputs are images.
        let inputsGradient: Value?
    }

    init(_ part: NetworkPart, options: Plan.Options) {
        sizes = ValueSizes(images: part.input)
        (convolution, kernels, fuses) = (options.convolution, options.kernels, options.fuses)
        (dropoutCount, firstNeuron) = (part.firstDropout, part.firstNeuron)
        offsets = Dictionary(uniqueKeysWithValues: part.layout.tensors.map { ($0.name, $0.offset) })
    }

    /// The convolutions and fully connected layers, in forward order, but for shortcuts, which come before their block.
    var convolutions: [PlannedConvolution] { layers.compactMap { ($0 as? ConvolutionLayer).map(PlannedConvolution.init) } }

    /// An activation: its value, that of its gradient, and whether whatever wrote it reads it again in its backward pass, so that nothing may
    /// be written over it.
    private struct Activation {
        var value: Value
        var gradient: Value?
        var isReadAgain: Bool
        var layout = TensorLayout.pixels
    }

    /// Compiles all of a part.
    mutating func compile(_ part: NetworkPart) -> Ends {
        let end = sizes.add(part.outputCount)
        let inputsGradient = part.givesInputGradients ? sizes.add(part.input.count) : nil
        let inputs = Activation(value: .images, gradient: inputsGradient, isReadAgain: true)
        // BatchNorm wants pixels, and takes micro-batches of perhaps fewer samples than a vector has lanes.
        let layers = part.layers.flatMap(\.flattened)
        let hasBatchNorm = layers.contains { if case .batchNorm = $0.description { true } else { false } }
        let outputs = compile(part.layers, from: inputs, end: end, mayBlock: !hasBatchNorm)
        require(outputs.layout == .pixels, "a network's outputs lie in \(outputs.layout)")
        return Ends(outputs: outputs.value, outputsGradient: end, inputsGradient: inputsGradient)
    }

    /// Compiles a chain whose last activation has its gradient in `end`.
    /// - Parameter mayBlock: whether activations, but for the last one, may lie in sample blocks.
    private mutating func compile(
        _ chain: [ResolvedLayer], from input: Activation, end: Value, mayBlock: Bool = false
    ) -> Activation {
        let working = Fusion.rewrite(chain.filter { $0.description != .flatten }, fuses: fuses)
        var current = input
        for (index, fusion) in working.enumerated() {
            let isLast = index == working.count - 1
            let layout = mayBlock && !isLast ? fusion.layer.layout(behind: current.layout, convolution: convolution) : .pixels
            current = append(fusion, to: rearranged(current, fusion.layer.input.count, layout), end: isLast ? end : nil)
        }
        return current
    }

    /// The activation in another layout, where it has not that layout already.
    private mutating func rearranged(_ input: Activation, _ count: Int, _ layout: TensorLayout) -> Activation {
        if input.layout == layout { return input }
        let gradient = input.gradient == nil ? nil : sizes.add(count, layout)
        let output = sizes.add(count, layout)
        layers.append(
            LayoutLayer(
                count: count, layout: layout, input: input.value, output: output, outputGradient: gradient,
                inputGradient: input.gradient))
        return Activation(value: output, gradient: gradient, isReadAgain: false, layout: layout)
    }

    /// Appends one layer that reads `input`.
    /// - Parameter end: where the gradient of its output is; nil where that is free to choose.
    private mutating func append(_ fusion: Fusion, to input: Activation, end: Value?) -> Activation {
        let layer = fusion.layer
        if case .residual = layer.description { return appendBlock(fusion, to: input, end: end) }
        if case .relu = layer.description, input.value != .images, !input.isReadAgain {
            // ReLU works in place, both ways.
            let gradient = end ?? input.gradient ?? sizes.add(layer.output.count, input.layout)
            let wiring = Wiring(
                input: input.value, output: input.value, outputGradient: gradient, inputGradient: input.gradient)
            layers.append(ReLULayer(count: layer.input.count, layout: input.layout, wiring: wiring))
            return Activation(value: input.value, gradient: gradient, isReadAgain: true, layout: input.layout)
        }
        let wiring = Wiring(
            input: input.value, output: sizes.add(layer.output.count, input.layout),
            outputGradient: end ?? sizes.add(layer.output.count, input.layout), inputGradient: input.gradient)
        let (compiled, isReadAgain) = compiled(fusion, wiring, input.layout)
        layers.append(compiled)
        return Activation(
            value: wiring.output, gradient: wiring.outputGradient, isReadAgain: isReadAgain, layout: input.layout)
    }

    /// Both branches, and their sum. Backward, each branch leaves a gradient of the input; the one that is there first, which for a shortcut
    /// without layers is the gradient of the sum, has the other added to it.
    private mutating func appendBlock(_ fusion: Fusion, to input: Activation, end: Value?) -> Activation {
        let block = fusion.layer
        let passesThrough = block.shortcut.isEmpty
        let gradient = end ?? (passesThrough ? input.gradient : nil) ?? sizes.add(block.output.count)
        var (main, short) = (input, input)
        (main.isReadAgain, short.isReadAgain) = (true, true)
        // The shortcut comes first in forward order, so that it comes last in backward order; behind it, the join.
        if let whole = input.gradient {
            let other = sizes.add(block.input.count)
            if passesThrough {
                if gradient == whole { main.gradient = other }
                layers.append(
                    BranchJoin(count: block.input.count, first: gradient, second: gradient == whole ? other : whole, sum: whole))
            } else {
                short.gradient = other
                layers.append(BranchJoin(count: block.input.count, first: whole, second: other, sum: whole))
            }
        }
        if !passesThrough { short = compile(block.shortcut, from: short, end: gradient) }
        main = compile(block.layers, from: main, end: gradient)
        let output = sizes.add(block.output.count)
        layers.append(
            AdditionLayer(
                count: block.output.count, first: main.value, second: short.value, output: output, gradient: gradient,
                rectifies: fusion.rectifies))
        return Activation(value: output, gradient: gradient, isReadAgain: fusion.rectifies)
    }

    private mutating func compiled(
        _ fusion: Fusion, _ wiring: Wiring, _ layout: TensorLayout
    ) -> (any CompiledLayer, isReadAgain: Bool) {
        let layer = fusion.layer
        switch layer.description {
        case .convolution(let description):
            guard let geometry = try? description.geometry(over: layer.input) else {
                fault("\(layer.name) does not take the shape that it was resolved for")
            }
            return (convolution(geometry, of: layer, wiring, layout), false)
        case .maxPool(let description):
            let shape = PoolingShape(description, over: layer.input)
            return (
                MaxPoolingLayer(
                    shape: shape, layout: layout, rectifies: fusion.rectifies, wiring: wiring,
                    winners: sizes.add(layer.output.count, of: UInt16.self, layout)), false
            )
        case .averagePool(let description):
            let shape = PoolingShape(description, over: layer.input)
            return (AveragePoolingLayer(shape: shape, layout: layout, wiring: wiring), false)
        case .globalAveragePool:
            let whole = PoolingShape(
                height: layer.input.height, width: layer.input.width, channels: layer.input.channels,
                windowHeight: layer.input.height, windowWidth: layer.input.width, stride: 1)
            return (AveragePoolingLayer(shape: whole, layout: layout, wiring: wiring), false)
        case .batchNorm(let description):
            return (
                BatchNormLayer(
                    shape: layer.input, epsilon: Float(description.epsilon), rectifies: fusion.rectifies, wiring: wiring,
                    offsets: .init(
                        scale: offset(layer, "weight"), shift: offset(layer, "bias"), runningMean: offset(layer, "running-mean"),
                        runningVariance: offset(layer, "running-variance"))), false
            )
        case .linear(let description):
            let geometry = ConvolutionShape(inputs: layer.input.count, outputs: description.outputs)
            return (convolution(geometry, of: layer, wiring, layout), false)
        case .relu:
            return (ReLULayer(count: layer.input.count, layout: layout, wiring: wiring), true)
        case .dropout(let description):
            defer { dropoutCount += 1 }
            return (
                DropoutLayer(
                    ordinal: dropoutCount, firstNeuron: firstNeuron, count: layer.input.count, rate: description.rate,
                    wiring: wiring,
                    kept: sizes.add(layer.input.count, of: Bool.self)), false
            )
        case .padChannels:
            return (
                ChannelPaddingLayer(shape: layer.input, outputs: layer.output.channels, wiring: wiring), false
            )
        case .flatten, .residual:
            fault("\(layer.name) is no layer of its own")
        }
    }

    private mutating func convolution(
        _ geometry: ConvolutionShape, of layer: ResolvedLayer, _ wiring: Wiring, _ layout: TensorLayout
    ) -> ConvolutionLayer {
        let kernels = ConvolutionChoice(geometry, layout: layout, policy: convolution, table: kernels)
        scratchCount = max(scratchCount, kernels.scratchCount)
        return ConvolutionLayer(
            kernels: kernels, wiring: wiring, parameters: parameters(of: layer),
            preparedForward: weights(kernels.forward.forwardCount),
            preparedBackward: wiring.inputGradient == nil ? nil : weights(kernels.backwardInput.backwardCount))
    }

    private func offset(_ layer: ResolvedLayer, _ role: String) -> Int {
        guard let offset = offsets["\(layer.name).\(role)"] else { fault("\(layer.name) has no \(role) in the arena") }
        return offset
    }

    private func parameters(of layer: ResolvedLayer) -> LayerParameters {
        LayerParameters(weight: offset(layer, "weight"), bias: offsets["\(layer.name).bias"])
    }

    private mutating func weights(_ count: Int) -> Value? { count > 0 ? sizes.add(weights: count) : nil }
}

/// Where a layer's parameters start in the arena.
struct LayerParameters {
    let weight: Int
    let bias: Int?

    var offsets: [Int] { [weight] + [bias].compactMap(\.self) }
}

extension ResolvedLayer {
    /// The layout that the layer had better be given its input in; what comes out lies alike.
    /// - Parameter convolution: by which a convolution's own layout is chosen.
    fileprivate func layout(behind previous: TensorLayout, convolution policy: ConvolutionPolicy) -> TensorLayout {
        switch description {
        case .convolution: convolutionShape.map { ConvolutionChoice.layout(of: $0, policy: policy) } ?? .pixels
        case .maxPool, .averagePool, .globalAveragePool, .relu: previous
        case .batchNorm, .linear, .dropout, .flatten, .padChannels, .residual: .pixels
        }
    }
}

extension PoolingShape {
    init(_ description: LayerDescription.Pool, over input: TensorShape) {
        self.init(
            height: input.height, width: input.width, channels: input.channels, windowHeight: description.size,
            windowWidth: description.size, stride: description.stride, padding: description.padding)
    }
}
