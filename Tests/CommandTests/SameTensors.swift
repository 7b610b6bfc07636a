import Checkpoints
import Testing

/// Two checkpoints of one experiment whose tensors, `count` of them, agree to rounding.
///
/// Sums in another order: errors of a few ulp per step, so 1e-4 of the tensor's largest value after twenty steps is far too much for
/// them, and far too little for any sample that is missing or weighed wrongly.
func expectSameTensors(
    _ path: String, _ other: String, count: Int, at location: SourceLocation = #_sourceLocation
) throws {
    let (found, expected) = (try CheckpointFile(path: path), try CheckpointFile(path: other))
    #expect(found.experiment == expected.experiment, sourceLocation: location)
    try expectSameValues(found, expected, count: count, at: location)
}

/// The same of two checkpoints of any experiments.
func expectSameValues(
    _ found: CheckpointFile, _ expected: CheckpointFile, count: Int, at location: SourceLocation = #_sourceLocation
) throws {
    #expect(found.tensors == expected.tensors && found.tensors.count == count, sourceLocation: location)
    for tensor in found.tensors {
        try found.withValues(of: tensor.name, shape: tensor.shape) { mine in
            try expected.withValues(of: tensor.name, shape: tensor.shape) { its in
                let largest = its.map(\.magnitude).max() ?? 0
                let difference = zip(mine, its).map { ($0 - $1).magnitude }.max() ?? .nan
                #expect(difference <= 1e-4 * largest, "\(tensor.name): \(difference) of \(largest)", sourceLocation: location)
            }
        }
    }
}
