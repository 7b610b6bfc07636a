import Diagnostics

/// Memory that takes the values of a checkpoint, so that the original may change while the copy is written.
///
/// Made once, and used again for every checkpoint of the same tensors.
final class CheckpointCopy {
    private var values: UnsafeMutableBufferPointer<Float>

    init() { values = .allocate(capacity: 0) }

    deinit { values.deallocate() }

    /// The same checkpoint on values of its own, valid until this is called again. One pass over the values.
    func take(_ checkpoint: Checkpoint) -> Checkpoint {
        let count = checkpoint.tensors.reduce(0) { $0 + $1.values.count }
        if values.count < count {
            values.deallocate()
            values = .allocate(capacity: count)
        }
        var offset = 0
        let tensors = checkpoint.tensors.map { tensor in
            let place = UnsafeMutableBufferPointer(rebasing: values[offset..<offset + tensor.values.count])
            _ = place.initialize(from: tensor.values)
            offset += tensor.values.count
            return NamedTensor(name: tensor.name, shape: tensor.shape, values: UnsafeBufferPointer(place))
        }
        return Checkpoint(
            tensors: tensors, experiment: checkpoint.experiment, position: checkpoint.position, metadata: checkpoint.metadata)
    }
}
