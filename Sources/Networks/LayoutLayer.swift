import Kernels

/// The same values in another layout.
struct LayoutLayer: CompiledLayer {
    /// Values per sample.
    let count: Int
    /// That of the output; the input has the other one.
    let layout: TensorLayout
    let input: Value
    let output: Value
    /// Nil where nobody asks for the input's.
    let outputGradient: Value?
    let inputGradient: Value?

    var forwardUse: Use { Use(reads: [input], writes: [output]) }
    var backwardUse: Use { Use(reads: [outputGradient].compactMap(\.self), writes: [inputGradient].compactMap(\.self)) }
    func isCheap(_ direction: Direction) -> Bool { true }

    func forward(_ tile: Tile) { rearrange(tile, from: input, to: output, isGathered: layout == .sampleBlocks) }

    func backward(_ tile: Tile) {
        guard let outputGradient, let inputGradient else { return }
        rearrange(tile, from: outputGradient, to: inputGradient, isGathered: layout == .pixels)
    }

    private func rearrange(_ tile: Tile, from source: Value, to target: Value, isGathered: Bool) {
        if isGathered {
            SampleBlocks.gather(samples: tile.samples, count: count, from: tile[source], to: tile[target])
        } else {
            SampleBlocks.scatter(samples: tile.samples, count: count, from: tile[source], to: tile[target])
        }
    }
}
