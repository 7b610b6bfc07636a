import Kernels

struct MaxPoolingLayer: CompiledLayer {
    let shape: PoolingShape
    let layout: TensorLayout
    /// Whether the ReLU in front of it or behind it is part of it.
    let rectifies: Bool
    let wiring: Wiring
    /// Where the largest value of each window stands, for the backward pass.
    let winners: Value

    var forwardUse: Use { Use(reads: [wiring.input], writes: [wiring.output, winners]) }
    var backwardUse: Use { wiring.backward(keeping: [winners]) }
    func isCheap(_ direction: Direction) -> Bool { direction == .backward }

    func forward(_ tile: Tile) {
        MaxPooling.forward(
            shape, images: tile.samples, layout: layout, input: tile[wiring.input], rectifies: rectifies,
            output: tile[wiring.output], winners: tile[winners, of: UInt16.self])
    }

    func backward(_ tile: Tile) {
        guard let inputGradient = wiring.inputGradient else { return }
        MaxPooling.backward(
            shape, images: tile.samples, layout: layout, winners: tile[winners, of: UInt16.self],
            outputGradient: tile[wiring.outputGradient], inputGradient: tile[inputGradient])
    }
}

struct AveragePoolingLayer: CompiledLayer {
    let shape: PoolingShape
    let layout: TensorLayout
    let wiring: Wiring

    var forwardUse: Use { wiring.forward }
    var backwardUse: Use { wiring.backward() }
    func isCheap(_ direction: Direction) -> Bool { direction == .backward }

    func forward(_ tile: Tile) {
        AveragePooling.forward(
            shape, images: tile.samples, layout: layout, input: tile[wiring.input], output: tile[wiring.output])
    }

    func backward(_ tile: Tile) {
        guard let inputGradient = wiring.inputGradient else { return }
        AveragePooling.backward(
            shape, images: tile.samples, layout: layout, outputGradient: tile[wiring.outputGradient],
            inputGradient: tile[inputGradient])
    }
}
