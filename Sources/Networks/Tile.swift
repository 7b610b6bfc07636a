import Diagnostics

/// All that a layer sees: some neighbouring samples of a micro-batch, worked on together for the cache's sake.
struct Tile {
    let batch: MicroBatch
    let mode: Plan.Mode
    /// The place of its first sample in the micro-batch.
    let first: Int
    let samples: Int
    let parameters: UnsafePointer<Float>
    let parameterGradients: UnsafeMutablePointer<Float>?
    let slots: UnsafePointer<Slot>
    let scratch: UnsafeMutablePointer<Float>

    /// Where a value stands in memory.
    struct Slot {
        var base: UnsafeMutableRawPointer
        /// From a sample to the next, where the samples of all tiles are kept; 0 where those of one are, and for weights.
        var bytesPerSample: Int
    }

    /// The place in the global batch of this tile's sample `sample`.
    func place(ofSample sample: Int) -> Int {
        batch.places.map { Int($0[first + sample]) } ?? batch.firstSample + first + sample
    }

    /// This tile's samples of a value.
    subscript(value: Value) -> UnsafeMutablePointer<Float> { self[value, of: Float.self] }

    subscript<Element>(value: Value, of element: Element.Type) -> UnsafeMutablePointer<Element> {
        let slot = slots[value.index]
        return (slot.base + first * slot.bytesPerSample).assumingMemoryBound(to: Element.self)
    }

    func parameterGradient(at offset: Int) -> UnsafeMutablePointer<Float> {
        guard let parameterGradients else { fault("a backward pass without storage for gradients") }
        return parameterGradients + offset
    }
}
