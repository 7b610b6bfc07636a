import Kernels

struct LinearLayer: CompiledLayer {
    let inputs: Int
    let outputs: Int
    let input: Place
    let output: Int
    let gradients: GradientWiring
    let parameters: LayerParameters

    func forward(_ pass: Pass) {
        Linear.forward(
            samples: pass.samples, inputs: inputs, outputs: outputs, input: pass[input],
            weights: pass.parameters + parameters.weight,
            bias: parameters.bias.map { pass.parameters + $0 }, output: pass.output(output))
    }

    func backward(_ pass: Pass) {
        Linear.backwardWeights(
            samples: pass.samples, inputs: inputs, outputs: outputs, input: pass[input], outputGradient: pass[gradients.output],
            weightGradient: pass.parameterGradient(at: parameters.weight),
            biasGradient: parameters.bias.map { pass.parameterGradient(at: $0) })
        if let inputGradient = gradients.input {
            Linear.backwardInput(
                samples: pass.samples, inputs: inputs, outputs: outputs, outputGradient: pass[gradients.output],
                weights: pass.parameters + parameters.weight, inputGradient: pass[inputGradient])
        }
    }
}
