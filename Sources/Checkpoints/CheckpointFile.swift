import Diagnostics
import Glibc

/// A checkpoint that has been read and has passed every check of the format.
///
/// The file is read once, into memory of its own, and the bytes that were checked are the bytes that are handed out: a mapping would
/// change under us with the file, and end the process (SIGBUS) where someone truncates it.
public struct CheckpointFile: Sendable {
    /// Name and shape of one tensor.
    public struct Description: Equatable, Sendable {
        public let name: String
        public let shape: [Int]
    }

    public let path: String
    /// What decides the run's bits, as JSON.
    public let experiment: String
    /// Where the run stands, as JSON.
    public let position: String
    /// Further entries: what `Checkpoint.metadata` was.
    public let metadata: [String: String]
    /// Eight hexadecimal digits that tell files of different contents apart: the checksum of the header, which holds those of all tensors.
    public let identity: String
    /// In the order of the file.
    public var tensors: [Description] { header.tensors.map { Description(name: $0.name, shape: $0.shape) } }

    private let header: SafetensorsHeader
    private let indices: [String: Int]
    private let storage: TensorStorage

    /// Reads and checks the checkpoint at `path`: one pass to read, one for the CRCs.
    ///
    /// - Throws: `Failure(.missing)` if there is no file at `path`, or a directory (the message names the newest checkpoint in it);
    ///   `Failure(.badData)` if it is truncated, damaged, no safetensors file or one that lockstep did not write; `Failure(.io)` if
    ///   it cannot be read. All messages begin with what was found at which path.
    public init(path: String) throws(Failure) {
        let file = try Self.openRegular(path)
        self.path = path
        do {
            let (header, bytes) = try Self.readHeader(file)
            try CheckpointSeal.checkHeader(header, bytes: bytes)
            experiment = try CheckpointSeal.required(CheckpointSeal.experimentKey, in: header.metadata)
            position = try CheckpointSeal.required(CheckpointSeal.positionKey, in: header.metadata)
            identity = try CheckpointSeal.required(CheckpointSeal.headerKey, in: header.metadata)
            metadata = header.metadata.filter { !CheckpointSeal.isReserved($0.key) }
            let dataByteCount = header.tensors.last.map { $0.offset + $0.byteCount } ?? 0
            storage = try TensorStorage(byteCount: dataByteCount)
            let count = try file.read(into: storage.bytes, at: bytes.count)
            guard count == dataByteCount else { throw HeaderFault("it became shorter while it was read") }
            for tensor in header.tensors {
                try CheckpointSeal.checkTensor(tensor, bytes: storage[tensor], metadata: header.metadata)
            }
            self.header = header
            indices = Dictionary(uniqueKeysWithValues: header.tensors.enumerated().map { ($0.element.name, $0.offset) })
        } catch let fault as HeaderFault {
            throw Self.failure(fault, path)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.io, "cannot read \(path): \(error)")
        }
    }

    /// Calls `body` with the values of a tensor, which are valid until it returns.
    ///
    /// - Throws: `Failure(.badData)` if there is no such tensor or its shape is another one; what `body` throws.
    public func withValues<Result>(
        of name: String, shape: [Int], _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) throws -> Result {
        let bytes = try self.bytes(of: name, shape: shape)
        defer { withExtendedLifetime(storage) {} }
        return try body(bytes.bindMemory(to: Float.self))
    }

    /// Copies the values of a tensor to where they are wanted.
    ///
    /// - Throws: `Failure(.badData)` if there is no such tensor or its shape is another one.
    /// - Precondition: `destination` has as many elements as `shape` says.
    public func copy(_ name: String, shape: [Int], into destination: UnsafeMutableBufferPointer<Float>) throws(Failure) {
        let bytes = try self.bytes(of: name, shape: shape)
        require(
            destination.count * MemoryLayout<Float>.stride == bytes.count,
            "tensor \(name) of shape \(shape) does not fit \(destination.count) values")
        UnsafeMutableRawBufferPointer(destination).copyMemory(from: bytes)
        withExtendedLifetime(storage) {}
    }

    private func bytes(of name: String, shape: [Int]) throws(Failure) -> UnsafeRawBufferPointer {
        guard let index = indices[name] else {
            let hint = nearestName(to: name, among: indices.keys.sorted()).map { " (it has \"\($0)\")" } ?? ""
            throw Failure(
                .badData,
                "\(path) has no tensor \"\(name)\"\(hint); use a checkpoint of the same model, or the model of this checkpoint")
        }
        let tensor = header.tensors[index]
        guard tensor.shape == shape else {
            throw Failure(
                .badData,
                "\(path) has the tensor \"\(name)\" with the shape \(tensor.shape), not \(shape); "
                    + "use a checkpoint of the same model, or the model of this checkpoint")
        }
        return storage[tensor]
    }
}

extension CheckpointFile {
    /// Whether lockstep wrote the file at `path`, as far as its header tells. Reads the header only.
    static func isOurs(_ path: String) -> Bool {
        guard let file = try? openRegular(path) else { return false }
        return (try? readOrigin(file)) != nil
    }

    private static func openRegular(_ path: String) throws(Failure) -> OpenFile {
        let file: OpenFile
        do {
            file = try OpenFile(reading: path)
        } catch  where error.kind == .missing {
            throw Failure(.missing, "there is no checkpoint \(path); look at the path's spelling")
        }
        switch try file.status().st_mode & S_IFMT {
        case S_IFREG: return file
        case S_IFDIR: throw try directoryFailure(path)
        default: throw Failure(.badData, "\(path) is neither a file nor a directory, and cannot be a checkpoint; give a file")
        }
    }

    private static func directoryFailure(_ path: String) throws(Failure) -> Failure {
        var directory = path
        var steps = try CheckpointStore.steps(in: path)
        if steps.isEmpty, let inside = try? CheckpointStore.steps(in: "\(path)/checkpoints") {
            (directory, steps) = ("\(path)/checkpoints", inside)
        }
        let hint =
            steps.last.map { "; give one of them, the newest is \(directory)/\(CheckpointStore.name(step: $0))" }
            ?? ", and there are none in this one; give the path of a file"
        return Failure(.missing, "\(path) is a directory: checkpoints are files inside it\(hint)")
    }

    private static func readHeader(_ file: borrowing OpenFile) throws -> (header: SafetensorsHeader, bytes: [UInt8]) {
        let (text, metadata, bytes) = try readOrigin(file)
        let dataByteCount = Int(try file.status().st_size) - bytes.count
        let tensors = try SafetensorsHeader.tensors(in: text, dataByteCount: dataByteCount)
        return (SafetensorsHeader(metadata: metadata, tensors: tensors), bytes)
    }

    /// Reads as much as tells whether lockstep wrote the file.
    private static func readOrigin(
        _ file: borrowing OpenFile
    ) throws -> (text: HeaderText, metadata: [String: String], bytes: [UInt8]) {
        let fileByteCount = Int(try file.status().st_size)
        let lengthField = try read(file, byteCount: min(fileByteCount, SafetensorsHeader.lengthByteCount), at: 0)
        let count = try SafetensorsHeader.headerByteCount(lengthField: lengthField, fileByteCount: fileByteCount)
        let headerBytes = try read(file, byteCount: count, at: lengthField.count)
        let text = try HeaderText(parsing: headerBytes)
        let metadata = try SafetensorsHeader.metadata(in: text)
        try CheckpointSeal.checkOrigin(metadata)
        return (text, metadata, lengthField + headerBytes)
    }

    private static func read(_ file: borrowing OpenFile, byteCount: Int, at offset: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
        guard count == byteCount else { throw HeaderFault("it became shorter while it was read") }
        return bytes
    }

    private static func failure(_ fault: HeaderFault, _ path: String) -> Failure {
        Failure(.badData, "\(path) cannot be used as a checkpoint: \(fault.text); take another checkpoint, or a copy of this one")
    }
}
