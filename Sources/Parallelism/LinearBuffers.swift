import Kernels
import Networks

/// What stands between divided linear layers and their exchanges; for m samples of a pass, n of this rank, and layers of widths I, …, O.
final class LinearBuffers {
    /// [n, I]: what this rank's front has put out, and its gradient.
    let ownActivations: AlignedFloats
    let ownGradients: AlignedFloats
    /// [m, I]: this rank's terms of the gradient of a pass's activations, and [n, I], the sums of its own.
    let returning: AlignedFloats
    let returned: AlignedFloats
    /// [m, outputs] of each layer, and of the last one the loss's gradient.
    let outputs: [AlignedFloats]
    let outputGradients: AlignedFloats
    /// One rank's columns of such a matrix behind another's.
    let blocks: AlignedFloats
    /// [global batch]
    let labels: UnsafeMutablePointer<Int32>
    /// [m]: where in the global batch the samples of the pass stand.
    let places: UnsafeMutablePointer<Int32>
    /// [m, I], twice where the next pass's activations come while a pass is computed.
    private let passInputs: [AlignedFloats]

    init(_ sizes: LinearBufferSizes) {
        ownActivations = AlignedFloats(count: sizes.share)
        ownGradients = AlignedFloats(count: sizes.share)
        returning = AlignedFloats(count: sizes.passInputs)
        returned = AlignedFloats(count: sizes.returned)
        outputs = sizes.outputs.map { AlignedFloats(count: $0) }
        outputGradients = AlignedFloats(count: sizes.outputGradients)
        blocks = AlignedFloats(count: sizes.blocks)
        passInputs = (0..<sizes.passInputCount).map { _ in AlignedFloats(count: sizes.passInputs) }
        labels = .allocate(capacity: sizes.capacity.globalBatch)
        labels.initialize(repeating: 0, count: sizes.capacity.globalBatch)
        places = .allocate(capacity: sizes.capacity.pass)
        places.initialize(repeating: 0, count: sizes.capacity.pass)
    }

    deinit {
        labels.deallocate()
        places.deallocate()
    }

    func inputs(ofPass pass: Int) -> UnsafeMutablePointer<Float> { passInputs[pass % passInputs.count].base }
}
