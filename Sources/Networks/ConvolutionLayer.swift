import Kernels

struct ConvolutionLayer: CompiledLayer {
    let kernels: ConvolutionChoice
    let input: Place
    let output: Int
    let gradients: GradientWiring
    let parameters: LayerParameters
    /// Where its weights stand in the arena of prepared ones, for each direction; nil where they are used as they are.
    let preparedForward: Int?
    let preparedBackward: Int?

    func prepare(parameters arena: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
        let weights = arena + parameters.weight
        if let preparedForward { kernels.forward.prepareForward(weights: weights, into: prepared + preparedForward) }
        if let preparedBackward { kernels.backwardInput.prepareBackward(weights: weights, into: prepared + preparedBackward) }
    }

    func forward(_ pass: Pass) {
        kernels.forward.forward(
            images: pass.samples, input: pass[input], prepared: weights(pass, preparedForward),
            bias: parameters.bias.map { pass.parameters + $0 }, output: pass.output(output), scratch: pass.scratch)
    }

    func backward(_ pass: Pass) {
        kernels.backwardWeights.backwardWeights(
            images: pass.samples, input: pass[input], outputGradient: pass[gradients.output],
            weightGradient: pass.parameterGradient(at: parameters.weight),
            biasGradient: parameters.bias.map { pass.parameterGradient(at: $0) }, scratch: pass.scratch)
        if let inputGradient = gradients.input {
            kernels.backwardInput.backwardInput(
                images: pass.samples, outputGradient: pass[gradients.output], prepared: weights(pass, preparedBackward),
                inputGradient: pass[inputGradient], scratch: pass.scratch)
        }
    }

    private func weights(_ pass: Pass, _ prepared: Int?) -> UnsafePointer<Float> {
        prepared.map { pass.prepared + $0 } ?? pass.parameters + parameters.weight
    }
}
