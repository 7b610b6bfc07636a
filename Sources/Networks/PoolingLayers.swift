import Kernels

struct MaxPoolingLayer: CompiledLayer {
    let shape: PoolingShape
    /// Whether the ReLU in front of it or behind it is part of it.
    let rectifies: Bool
    let input: Place
    let output: Int
    let gradients: GradientWiring

    func forward(_ pass: Pass) {
        MaxPooling.forward(
            shape, images: pass.samples, input: pass[input], rectifies: rectifies, output: pass.output(output))
    }

    func backward(_ pass: Pass) {
        guard let inputGradient = gradients.input else { return }
        MaxPooling.backward(
            shape, images: pass.samples, input: pass[input], output: pass.output(output), outputGradient: pass[gradients.output],
            rectifies: rectifies, inputGradient: pass[inputGradient])
    }
}

struct AveragePoolingLayer: CompiledLayer {
    let shape: PoolingShape
    let input: Place
    let output: Int
    let gradients: GradientWiring

    func forward(_ pass: Pass) {
        AveragePooling.forward(shape, images: pass.samples, input: pass[input], output: pass.output(output))
    }

    func backward(_ pass: Pass) {
        guard let inputGradient = gradients.input else { return }
        AveragePooling.backward(
            shape, images: pass.samples, outputGradient: pass[gradients.output], inputGradient: pass[inputGradient])
    }
}
