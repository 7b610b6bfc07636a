import Kernels

/// The end of a residual block: Y = A + B, or the larger of that and 0. Both branches have the gradient of Y, which is theirs as it stands.
struct AdditionLayer: CompiledLayer {
    let count: Int
    let first: Place
    let second: Place
    let output: Int
    let gradient: GradientPlace
    /// Whether the ReLU behind it is part of it.
    let rectifies: Bool

    func forward(_ pass: Pass) {
        Addition.forward(
            count: pass.samples * count, pass[first], pass[second], rectifies: rectifies, output: pass.output(output))
    }

    func backward(_ pass: Pass) {
        guard rectifies else { return }
        ReLU.backward(
            count: pass.samples * count, output: pass.output(output), outputGradient: pass[gradient], inputGradient: pass[gradient])
    }
}

/// The beginning of a residual block, where only the way back has work: the shortcut's gradient is added to that of the layers' branch.
struct BranchJoin: CompiledLayer {
    let count: Int
    let from: GradientPlace
    let into: GradientPlace?

    func forward(_ pass: Pass) {}

    func backward(_ pass: Pass) {
        guard let into else { return }
        Addition.forward(count: pass.samples * count, pass[into], pass[from], output: pass[into])
    }
}

struct ChannelPaddingLayer: CompiledLayer {
    let shape: TensorShape
    let outputs: Int
    let input: Place
    let output: Int
    let gradients: GradientWiring

    func forward(_ pass: Pass) {
        ChannelPadding.forward(
            pixels: pass.samples * shape.height * shape.width, inputs: shape.channels, outputs: outputs, input: pass[input],
            output: pass.output(output))
    }

    func backward(_ pass: Pass) {
        guard let inputGradient = gradients.input else { return }
        ChannelPadding.backward(
            pixels: pass.samples * shape.height * shape.width, inputs: shape.channels, outputs: outputs,
            outputGradient: pass[gradients.output], inputGradient: pass[inputGradient])
    }
}
