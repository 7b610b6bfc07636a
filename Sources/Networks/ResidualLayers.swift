import Kernels

/// The end of a residual block: Y = A + B, or the larger of that and 0. Both branches have the gradient of Y, which is theirs as it stands.
struct AdditionLayer: CompiledLayer {
    let count: Int
    let first: Value
    let second: Value
    let output: Value
    let gradient: Value
    /// Whether the ReLU behind it is part of it.
    let rectifies: Bool

    var forwardUse: Use { Use(reads: [first, second], writes: [output]) }
    var backwardUse: Use { rectifies ? Use(reads: [output, gradient], writes: [gradient]) : Use() }

    func forward(_ tile: Tile) {
        Addition.forward(count: tile.samples * count, tile[first], tile[second], rectifies: rectifies, output: tile[output])
    }

    func backward(_ tile: Tile) {
        guard rectifies else { return }
        ReLU.backward(
            count: tile.samples * count, output: tile[output], outputGradient: tile[gradient], inputGradient: tile[gradient])
    }
}

/// The beginning of a residual block, where only the way back has work: the gradients that its branches leave are added up.
struct BranchJoin: CompiledLayer {
    let count: Int
    let first: Value
    let second: Value
    /// One of the two.
    let sum: Value

    var forwardUse: Use { Use() }
    var backwardUse: Use { Use(reads: [first, second], writes: [sum]) }

    func forward(_ tile: Tile) {}

    func backward(_ tile: Tile) {
        Addition.forward(count: tile.samples * count, tile[first], tile[second], output: tile[sum])
    }
}

struct ChannelPaddingLayer: CompiledLayer {
    let shape: TensorShape
    let outputs: Int
    let wiring: Wiring

    var forwardUse: Use { wiring.forward }
    var backwardUse: Use { wiring.backward() }
    func isCheap(_ direction: Direction) -> Bool { true }

    func forward(_ tile: Tile) {
        ChannelPadding.forward(
            pixels: tile.samples * shape.height * shape.width, inputs: shape.channels, outputs: outputs, input: tile[wiring.input],
            output: tile[wiring.output])
    }

    func backward(_ tile: Tile) {
        guard let inputGradient = wiring.inputGradient else { return }
        ChannelPadding.backward(
            pixels: tile.samples * shape.height * shape.width, inputs: shape.channels, outputs: outputs,
            outputGradient: tile[wiring.outputGradient], inputGradient: tile[inputGradient])
    }
}
