import Kernels

/// One layer of a plan: it knows where its input, output and parameters lie, and both directions through it.
protocol CompiledLayer {
    func forward(_ pass: Pass)
    /// Turns the gradient of the output into that of the input, and adds that of the parameters.
    func backward(_ pass: Pass)
}

/// Lays the layers of a model out one after another: a buffer for every activation, two for their gradients, one scratch for all.
struct Compiler {
    private(set) var layers: [any CompiledLayer] = []
    /// Where the newest activation lies, and its gradient.
    private(set) var place = Place.images
    private(set) var gradientPlace = GradientPlace.first
    /// Floats per sample of all activations so far.
    private(set) var activationCount = 0
    private(set) var largestActivation = 0
    /// Floats of the largest scratch, over all samples.
    private(set) var scratchCount = 0
    private let capacity: Int
    private let offsets: [String: Int]
    /// Whether the layer that wrote `place` reads it again in its backward pass, so that nothing may be written over it.
    private var producerReadsOutput = true

    init(capacity: Int, parameters: [Parameter]) {
        self.capacity = capacity
        offsets = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.offset) })
    }

    mutating func append(_ layer: ResolvedLayer) {
        switch layer.description {
        case .flatten:
            break
        case .relu:
            let overwritable: Int? = if case .activation(let offset) = place, !producerReadsOutput { offset } else { nil }
            let output = overwritable ?? reserve(layer.output)
            let inPlace = overwritable != nil
            layers.append(ReLULayer(count: layer.input.count, input: place, output: output, gradients: wiring(inPlace: inPlace)))
            finish(output, inPlace: inPlace, readsOutput: true)
        case .convolution(let description):
            let geometry = ConvolutionShape(
                height: layer.input.height, width: layer.input.width, inputChannels: layer.input.channels,
                kernelHeight: description.kernel, kernelWidth: description.kernel, outputChannels: description.channels,
                stride: description.stride, padding: description.padding, dilation: description.dilation, groups: description.groups
            )
            let output = reserve(layer.output)
            let kernel = Im2colConvolution(geometry)
            scratchCount = max(scratchCount, kernel.scratchCount)
            layers.append(
                ConvolutionLayer(
                    kernel: kernel, input: place, output: output, gradients: wiring(), parameters: parameters(of: layer)))
            finish(output, readsOutput: false)
        case .maxPool(let description):
            let output = reserve(layer.output)
            layers.append(
                MaxPoolingLayer(
                    shape: PoolingShape(description, over: layer.input), input: place, output: output, gradients: wiring()))
            finish(output, readsOutput: true)
        case .averagePool(let description):
            let output = reserve(layer.output)
            layers.append(
                AveragePoolingLayer(
                    shape: PoolingShape(description, over: layer.input), input: place, output: output, gradients: wiring()))
            finish(output, readsOutput: false)
        case .linear(let description):
            let output = reserve(layer.output)
            layers.append(
                LinearLayer(
                    inputs: layer.input.count, outputs: description.outputs, input: place, output: output,
                    gradients: wiring(), parameters: parameters(of: layer)))
            finish(output, readsOutput: false)
        case .dropout(let description):
            let output = reserve(layer.output)
            let ordinal = layers.count
            layers.append(
                DropoutLayer(
                    ordinal: ordinal, count: layer.input.count, capacity: capacity, rate: description.rate, input: place,
                    output: output, gradients: wiring()))
            finish(output, readsOutput: false)
        }
    }

    /// The gradients that the next layer reads and writes; none is needed for the images.
    private func wiring(inPlace: Bool = false) -> GradientWiring {
        let output = inPlace ? gradientPlace : gradientPlace.other
        return GradientWiring(output: output, input: place == .images ? nil : gradientPlace)
    }

    private func parameters(of layer: ResolvedLayer) -> LayerParameters {
        LayerParameters(weight: offsets["\(layer.name).weight", default: 0], bias: offsets["\(layer.name).bias"])
    }

    private mutating func reserve(_ shape: TensorShape) -> Int {
        defer { activationCount += AlignedFloats.rounded(shape.count) }
        largestActivation = max(largestActivation, shape.count)
        return activationCount
    }

    private mutating func finish(_ output: Int, inPlace: Bool = false, readsOutput: Bool) {
        place = .activation(output)
        if !inPlace { gradientPlace = gradientPlace.other }
        producerReadsOutput = readsOutput
    }
}

/// Where a layer finds the gradient of its output and puts that of its input (nil: nobody asks for it).
struct GradientWiring {
    let output: GradientPlace
    let input: GradientPlace?
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
