import Diagnostics

@testable import Checkpoints
@testable import Training

extension FuzzTarget {
    /// Safetensors files as checkpoints are, with every tensor read, and the run's own texts in them.
    static let checkpoint = FuzzTarget(
        "checkpoint",
        seeds: {
            let experiment = try canonicalJSON(Experiment(model: .named(try .init(named: "lenet5"))))
            let position = try canonicalJSON(Progress())
            let values: [Float] = [1, -2, 0.5, .infinity, .nan, 3]
            return try values.withUnsafeBufferPointer { values in
                let one = NamedTensor(name: "linear1.weight", shape: [2, 3], values: values)
                let none = NamedTensor(name: "empty \"é\"", shape: [4, 0], values: UnsafeBufferPointer(rebasing: values[..<0]))
                let single = NamedTensor(name: "step", shape: [], values: UnsafeBufferPointer(rebasing: values[..<1]))
                return try [
                    Checkpoint(tensors: [one, none, single], experiment: experiment, position: position, metadata: ["a": "b"]),
                    Checkpoint(tensors: [], experiment: experiment, position: position),
                ].map { checkpoint in
                    let path = "\(ScratchDirectory.shared.path)/written.safetensors"
                    try checkpoint.write(to: path)
                    return try ScratchDirectory.shared.contents(path)
                }
            }
        },
        read: { bytes in
            let path = try ScratchDirectory.shared.write(resealed(bytes) ?? bytes, "step-00000001.safetensors")
            let isOurs = CheckpointFile.isOurs(path)
            let file = try CheckpointFile(path: path)
            require(isOurs, "a checkpoint that can be read is not known as one")
            for tensor in file.tensors {
                let count = tensor.shape.reduce(1, *)
                let sum = try file.withValues(of: tensor.name, shape: tensor.shape) { values in
                    require(values.count == count, "\(values.count) values of shape \(tensor.shape)")
                    return values.reduce(into: UInt32(0)) { $0 &+= $1.bitPattern }
                }
                var copy = [Float](repeating: 0, count: count)
                try copy.withUnsafeMutableBufferPointer { try file.copy(tensor.name, shape: tensor.shape, into: $0) }
                require(copy.reduce(into: UInt32(0)) { $0 &+= $1.bitPattern } == sum, "two readings differ")
            }
            let progress = try file.decodedProgress()
            require(progress.isSane, "a position that training cannot stand at")
            try Recipe(experiment: try file.decodedExperiment()).validate()
        })

    /// The file with checksums that are right, which no mutation would find; nil where it has no header to put them in.
    private static func resealed(_ bytes: [UInt8]) -> [UInt8]? {
        let lengthField = Array(bytes.prefix(SafetensorsHeader.lengthByteCount))
        guard let count = try? SafetensorsHeader.headerByteCount(lengthField: lengthField, fileByteCount: bytes.count) else {
            return nil
        }
        let data = bytes[(lengthField.count + count)...]
        guard let text = try? HeaderText(parsing: Array(bytes[lengthField.count..<lengthField.count + count])),
            var metadata = try? SafetensorsHeader.metadata(in: text),
            let tensors = try? SafetensorsHeader.tensors(in: text, dataByteCount: data.count)
        else { return nil }
        for tensor in tensors {
            let values = data[(data.startIndex + tensor.offset)..<(data.startIndex + tensor.offset + tensor.byteCount)]
            metadata[CheckpointSeal.key(ofTensor: tensor.name)] = values.withUnsafeBytes { Checksum($0).text }
        }
        return CheckpointSeal.sealed(SafetensorsHeader(metadata: metadata, tensors: tensors)).encoded() + data
    }
}
