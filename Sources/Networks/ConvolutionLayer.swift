import Kernels

struct ConvolutionLayer: CompiledLayer {
    let kernel: Im2colConvolution
    let input: Place
    let output: Int
    let gradients: GradientWiring
    let parameters: LayerParameters

    func forward(_ pass: Pass) {
        kernel.forward(
            images: pass.samples, input: pass[input], weights: pass.parameters + parameters.weight,
            bias: parameters.bias.map { pass.parameters + $0 }, output: pass.output(output), columns: pass.scratch)
    }

    func backward(_ pass: Pass) {
        kernel.backwardWeights(
            images: pass.samples, input: pass[input], outputGradient: pass[gradients.output],
            weightGradient: pass.parameterGradient(at: parameters.weight),
            biasGradient: parameters.bias.map { pass.parameterGradient(at: $0) }, columns: pass.scratch)
        if let inputGradient = gradients.input {
            kernel.backwardInput(
                images: pass.samples, outputGradient: pass[gradients.output], weights: pass.parameters + parameters.weight,
                inputGradient: pass[inputGradient], columns: pass.scratch)
        }
    }
}
