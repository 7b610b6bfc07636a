import Kernels
import Random

struct ReLULayer: CompiledLayer {
    /// Values per sample.
    let count: Int
    let layout: TensorLayout
    let wiring: Wiring

    var forwardUse: Use { wiring.forward }
    var backwardUse: Use { wiring.backward(keeping: [wiring.output]) }

    func forward(_ tile: Tile) {
        ReLU.forward(
            count: layout.floats(samples: tile.samples, count: count), input: tile[wiring.input], output: tile[wiring.output])
    }

    func backward(_ tile: Tile) {
        guard let inputGradient = wiring.inputGradient else { return }
        ReLU.backward(
            count: layout.floats(samples: tile.samples, count: count), output: tile[wiring.output],
            outputGradient: tile[wiring.outputGradient],
            inputGradient: tile[inputGradient])
    }
}

/// Which values are dropped is a pure function of (seed, step, place of the sample in the global batch, layer, neuron).
struct DropoutLayer: CompiledLayer {
    /// Tells the dropout layers of one model apart.
    let ordinal: Int
    /// The place of its first value in the layer that it is a slice of.
    let firstNeuron: Int
    let count: Int
    let rate: Double
    let wiring: Wiring
    /// The choices of the forward pass, for the backward pass: `count` a sample.
    let kept: Value

    var forwardUse: Use { Use(reads: [wiring.input], writes: [wiring.output, kept]) }
    var backwardUse: Use { wiring.backward(keeping: [kept]) }

    func forward(_ tile: Tile) {
        if case .training(let seed, let step) = tile.mode {
            draw(seed: seed, step: step, tile)
            apply(tile, from: tile[wiring.input], to: tile[wiring.output])
        } else {
            tile[wiring.output].update(from: tile[wiring.input], count: tile.samples * count)
        }
    }

    func backward(_ tile: Tile) {
        guard let inputGradient = wiring.inputGradient else { return }
        apply(tile, from: tile[wiring.outputGradient], to: tile[inputGradient])
    }

    private func apply(_ tile: Tile, from source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
        Dropout.apply(
            count: tile.samples * count, kept: tile[kept, of: Bool.self], scale: Float(1 / (1 - rate)), input: source,
            output: target)
    }

    private func draw(seed: UInt64, step: Int, _ tile: Tile) {
        let generator = CounterGenerator(seed: seed, purpose: .dropout)
        let threshold = UInt32(rate * 0x1p32)
        let kept = tile[kept, of: Bool.self]
        let neurons = firstNeuron..<firstNeuron + count
        for sample in 0..<tile.samples {
            let row = kept + (sample * count - firstNeuron)
            let place = UInt32(tile.place(ofSample: sample))
            for four in neurons.lowerBound / 4..<(neurons.upperBound + 3) / 4 {
                // 24 bits of neurons in fours, 8 bits of layers.
                let words = generator.block(UInt32(ordinal) << 24 | UInt32(four), place, UInt32(truncatingIfNeeded: step))
                for neuron in neurons.clamped(to: 4 * four..<4 * four + 4) { row[neuron] = words[neuron - 4 * four] >= threshold }
            }
        }
    }
}
