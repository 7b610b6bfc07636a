import Kernels

/// A convolution, or a fully connected layer, which is one over images of one pixel.
struct ConvolutionLayer: CompiledLayer {
    let kernels: ConvolutionChoice
    let wiring: Wiring
    let parameters: LayerParameters
    /// Its weights as they are laid out for each direction; nil where they are used as they are.
    let preparedForward: Value?
    let preparedBackward: Value?

    var forwardUse: Use { Use(reads: [wiring.input] + [preparedForward].compactMap(\.self), writes: [wiring.output]) }
    var backwardUse: Use { wiring.backward(keeping: [wiring.input] + [preparedBackward].compactMap(\.self)) }

    var gradientOffsets: [Int] { parameters.offsets }
    var gradientCount: Int {
        kernels.forward.shape.weightCount + (parameters.bias == nil ? 0 : kernels.forward.shape.outputChannels)
    }

    func leastSamples(_ direction: Direction) -> Int {
        switch direction {
        case .forward: kernels.forward.leastImages
        case .backward: max(kernels.backwardInput.leastImages, kernels.backwardWeights.leastImages)
        }
    }

    func prepare(_ direction: Direction, _ weights: WeightPreparation) {
        let source = weights.parameters + parameters.weight
        switch direction {
        case .forward:
            if let preparedForward { kernels.forward.prepareForward(weights: source, into: weights[preparedForward]) }
        case .backward:
            if let preparedBackward { kernels.backwardInput.prepareBackward(weights: source, into: weights[preparedBackward]) }
        }
    }

    func forward(_ tile: Tile) { forward(tile) {} }

    func backward(_ tile: Tile) { backward(tile) {} }

    func forward(_ tile: Tile, meanwhile: () -> Void) {
        kernels.forward.forward(
            images: tile.samples, input: tile[wiring.input], prepared: weights(tile, preparedForward),
            bias: parameters.bias.map { tile.parameters + $0 }, output: tile[wiring.output], scratch: tile.scratch,
            meanwhile: meanwhile)
    }

    func backward(_ tile: Tile, meanwhile: () -> Void) {
        kernels.backwardWeights.backwardWeights(
            images: tile.samples, input: tile[wiring.input], outputGradient: tile[wiring.outputGradient],
            weightGradient: tile.parameterGradient(at: parameters.weight),
            biasGradient: parameters.bias.map { tile.parameterGradient(at: $0) }, scratch: tile.scratch, meanwhile: meanwhile)
        if let inputGradient = wiring.inputGradient {
            kernels.backwardInput.backwardInput(
                images: tile.samples, outputGradient: tile[wiring.outputGradient], prepared: weights(tile, preparedBackward),
                inputGradient: tile[inputGradient], scratch: tile.scratch, meanwhile: meanwhile)
        }
    }

    private func weights(_ tile: Tile, _ prepared: Value?) -> UnsafePointer<Float> {
        prepared.map { UnsafePointer(tile[$0]) } ?? tile.parameters + parameters.weight
    }
}
