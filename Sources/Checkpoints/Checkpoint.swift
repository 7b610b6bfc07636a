// The checkpoint format, version 1. A checkpoint is a safetensors file (SafetensorsHeader.swift), so that any reader of those opens
// it; these rules make it one whose bytes depend on nothing but its contents, and in which every flipped bit is found.
//
//  - Every tensor MUST be F32. Tensors stand in the order in which the writer was given them.
//  - The header MUST be spelled as `SafetensorsHeader.encoded()` spells it, byte for byte.
//  - The metadata MUST have these entries, and MAY have others (whose keys begin neither with `crc32` nor with `lockstep`):
//      lockstep     the version of these rules: `1`. A reader MUST refuse versions that it does not know.
//      experiment   what decides the run's bits, as JSON; opaque here
//      position     where the run stands, as JSON; opaque here
//      crc32.NAME   for each tensor, the CRC-32 of its bytes: eight hexadecimal digits, lower case
//      crc32        the CRC-32 of everything before the first tensor's bytes (the length field, the header, its padding), taken
//                   while this entry's own digits are `00000000`
//  - A file MUST NOT hold a time, a host, a path or a rank count: equal contents are equal bytes.
//  - A reader MUST check all of it before it hands out a value.
//
// The length field, the header and the padding are covered by `crc32`, all other bytes by one `crc32.NAME`; the digits of
// `crc32` itself are compared as text.

import Diagnostics

/// A named view of parameters or of an optimiser's state: what a checkpoint is made of. Owns nothing.
public struct NamedTensor {
    public let name: String
    /// The extent of each axis, the last one contiguous; empty for a single number.
    public let shape: [Int]
    /// The elements, as many as the product of `shape`.
    public let values: UnsafeBufferPointer<Float>

    /// - Precondition: `values` has as many elements as `shape` says.
    public init(name: String, shape: [Int], values: UnsafeBufferPointer<Float>) {
        require(
            shape.allSatisfy { $0 >= 0 } && shape.reduce(1, *) == values.count,
            "tensor \(name) has the shape \(shape) and \(values.count) values")
        self.name = name
        self.shape = shape
        self.values = values
    }
}

/// What one checkpoint file holds, ready to be written. The tensors are views: writing copies a block of them at a time.
public struct Checkpoint {
    public let tensors: [NamedTensor]
    /// What decides the run's bits, as JSON.
    public let experiment: String
    /// Where the run stands, as JSON.
    public let position: String
    /// Further entries.
    public let metadata: [String: String]

    /// - Precondition: tensor names are different from each other and from `__metadata__`; no key of `metadata` is one of the
    ///   format's own (`experiment`, `position`, or one that begins with `crc32` or `lockstep`).
    public init(tensors: [NamedTensor], experiment: String, position: String, metadata: [String: String] = [:]) {
        var names: Set<String> = [SafetensorsHeader.metadataName]
        for tensor in tensors {
            require(
                names.insert(tensor.name).inserted, "two tensors of a checkpoint have the name \(tensor.name), or it is reserved")
        }
        for key in metadata.keys { require(!CheckpointSeal.isReserved(key), "the metadata key \(key) is the format's own") }
        self.tensors = tensors
        self.experiment = experiment
        self.position = position
        self.metadata = metadata
    }

    /// The length field and the sealed header: all of the file that stands before the tensors. Reads every value once, for its CRC.
    func header() -> [UInt8] {
        var entries = metadata
        entries[CheckpointSeal.versionKey] = CheckpointSeal.version
        entries[CheckpointSeal.experimentKey] = experiment
        entries[CheckpointSeal.positionKey] = position
        for tensor in tensors {
            entries[CheckpointSeal.key(ofTensor: tensor.name)] = Checksum(UnsafeRawBufferPointer(tensor.values)).text
        }
        return CheckpointSeal.sealed(
            SafetensorsHeader(metadata: entries, tensors: tensors.map { (name: $0.name, shape: $0.shape) })
        ).encoded()
    }

    /// Writes the checkpoint to `path` so that at every moment, through a crash or a power cut, either what was there before or
    /// the whole new file is there.
    ///
    /// The values must not change until this returns. Costs two passes over the values (CRC, and a copy into blocks), the bytes
    /// written once, and two fsyncs.
    /// - Throws: `Failure(.io)`, or `.missing` if there is no such directory, with the path, the system's reason and what to do; then
    ///   what was at `path` is still there and nothing else was left behind.
    public func write(to path: String) throws(Failure) {
        let header = header()
        var written = header.count
        for tensor in tensors { written += tensor.values.count * MemoryLayout<Float>.stride }
        let byteCount = written
        try DurableReplacement(path: path).write { (file: borrowing OpenFile) throws(Failure) in
            var writer = try BlockWriter(file, total: byteCount)
            try writer.append(header, to: file)
            for tensor in tensors { try writer.append(UnsafeRawBufferPointer(tensor.values), to: file) }
            try writer.finish(file)
        }
    }
}
