import Kernels

struct MaxPoolingLayer: CompiledLayer {
    let shape: PoolingShape
    /// Whether the ReLU in front of it or behind it is part of it.
    let rectifies: Bool
    let wiring: Wiring

    var forwardUse: Use { wiring.forward }
    var backwardUse: Use { wiring.backward(keeping: [wiring.input, wiring.output]) }
    func isCheap(_ direction: Direction) -> Bool { direction == .backward }

    func forward(_ tile: Tile) {
        MaxPooling.forward(
            shape, images: tile.samples, input: tile[wiring.input], rectifies: rectifies, output: tile[wiring.output])
    }

    func backward(_ tile: Tile) {
        guard let inputGradient = wiring.inputGradient else { return }
        MaxPooling.backward(
            shape, images: tile.samples, input: tile[wiring.input], output: tile[wiring.output],
            outputGradient: tile[wiring.outputGradient], rectifies: rectifies, inputGradient: tile[inputGradient])
    }
}

struct AveragePoolingLayer: CompiledLayer {
    let shape: PoolingShape
    let wiring: Wiring

    var forwardUse: Use { wiring.forward }
    var backwardUse: Use { wiring.backward() }
    func isCheap(_ direction: Direction) -> Bool { direction == .backward }

    func forward(_ tile: Tile) {
        AveragePooling.forward(shape, images: tile.samples, input: tile[wiring.input], output: tile[wiring.output])
    }

    func backward(_ tile: Tile) {
        guard let inputGradient = wiring.inputGradient else { return }
        AveragePooling.backward(
            shape, images: tile.samples, outputGradient: tile[wiring.outputGradient], inputGradient: tile[inputGradient])
    }
}
