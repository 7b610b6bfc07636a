import Kernels

struct LinearLayer: CompiledLayer {
    let inputs: Int
    let outputs: Int
    let wiring: Wiring
    let parameters: LayerParameters

    var forwardUse: Use { wiring.forward }
    var backwardUse: Use { wiring.backward(keeping: [wiring.input]) }

    var gradientOffsets: [Int] { parameters.offsets }

    /// All: the weights are read for every product.
    func leastSamples(_ direction: Direction) -> Int { .max }

    func forward(_ tile: Tile) {
        Linear.forward(
            samples: tile.samples, inputs: inputs, outputs: outputs, input: tile[wiring.input],
            weights: tile.parameters + parameters.weight, bias: parameters.bias.map { tile.parameters + $0 },
            output: tile[wiring.output])
    }

    func backward(_ tile: Tile) {
        Linear.backwardWeights(
            samples: tile.samples, inputs: inputs, outputs: outputs, input: tile[wiring.input],
            outputGradient: tile[wiring.outputGradient], weightGradient: tile.parameterGradient(at: parameters.weight),
            biasGradient: parameters.bias.map { tile.parameterGradient(at: $0) })
        if let inputGradient = wiring.inputGradient {
            Linear.backwardInput(
                samples: tile.samples, inputs: inputs, outputs: outputs, outputGradient: tile[wiring.outputGradient],
                weights: tile.parameters + parameters.weight, inputGradient: tile[inputGradient])
        }
    }
}
