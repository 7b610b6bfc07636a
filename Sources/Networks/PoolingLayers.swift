import Diagnostics
import Kernels

final class MaxPoolingLayer: CompiledLayer {
    private let shape: PoolingShape
    /// Whether the ReLU in front of it or behind it is part of it.
    private let rectifies: Bool
    private let input: Place
    private let output: Int
    private let gradients: GradientWiring
    /// Where the largest values of the last forward pass stand, for its backward pass: [capacity, P, Q, C].
    private let winners: UnsafeMutablePointer<UInt16>

    init(shape: PoolingShape, capacity: Int, rectifies: Bool, input: Place, output: Int, gradients: GradientWiring) {
        let places = shape.windowHeight * shape.windowWidth
        require(places <= MaxPooling.mostPlaces, "a pooling window of \(places) places, more than \(MaxPooling.mostPlaces)")
        self.shape = shape
        self.rectifies = rectifies
        self.input = input
        self.output = output
        self.gradients = gradients
        winners = .allocate(capacity: capacity * shape.outputCount)
        winners.initialize(repeating: MaxPooling.noWinner, count: capacity * shape.outputCount)
    }

    deinit { winners.deallocate() }

    func forward(_ pass: Pass) {
        MaxPooling.forward(
            shape, images: pass.samples, input: pass[input], rectifies: rectifies, output: pass.output(output), winners: winners)
    }

    func backward(_ pass: Pass) {
        guard let inputGradient = gradients.input else { return }
        MaxPooling.backward(
            shape, images: pass.samples, winners: winners, outputGradient: pass[gradients.output],
            inputGradient: pass[inputGradient])
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
