import Diagnostics
import Glibc

/// What a rank was doing when its flight record was read: a copy, of which some parts may be a moment apart (RecordLayout.swift).
public struct FlightRecord: Sendable, Equatable {
    /// One of the last eight collectives.
    public struct Collective: Sendable, Equatable {
        /// Counted from 1, in the order in which this rank entered them.
        public let sequence: UInt64
        public let kind: CollectiveKind
        /// How many values it is about.
        public let count: UInt64
        /// Nanoseconds of CLOCK_REALTIME.
        public let entered: UInt64
        /// Nanoseconds of CLOCK_REALTIME; nil while it lasts.
        public let left: UInt64?
    }

    public let rank: Int
    public let size: Int
    public let process: Int32
    public let host: String
    /// Nanoseconds of CLOCK_REALTIME.
    public internal(set) var started: UInt64
    /// When the process was started, in clock ticks since its host was: with its number, what tells it from every other of that host.
    public let processStart: UInt64
    public let phase: Phase
    public let step: Int
    public let epoch: Int
    /// The index in the step program; nil where there is none.
    public let operation: Int?
    /// When the rank came into this phase, step and operation, in nanoseconds of CLOCK_REALTIME.
    public internal(set) var since: UInt64
    /// How many collectives the rank has entered.
    public let sequence: UInt64
    /// The last ones, at most eight, in their order.
    public internal(set) var collectives: [Collective]
    /// The last note, empty if there is none; control characters are replaced by spaces.
    public let message: String

    /// Reads and checks the record at `path`. Never waits, and never maps the file, so that it may change or shrink meanwhile.
    ///
    /// - Throws: `Failure(.missing)` if there is none, `Failure(.badData)` if it is not a flight record or one with impossible
    ///   contents, `Failure(.io)` if it cannot be read; each names the file.
    public static func read(_ path: String) throws(Failure) -> FlightRecord {
        let bytes = try bytes(of: path)
        do throws(RecordFault) {
            return try FlightRecord(bytes: bytes)
        } catch {
            throw Failure(.badData, "\(path) is not a flight record that can be read: \(error.text); delete it or give another one")
        }
    }

    /// The file's contents, of which no more is known than their number.
    static func bytes(of path: String) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw recorderFailure("open the flight record", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw recorderFailure("look at the flight record", path) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size == RecordLayout.byteCount else {
            throw Failure(
                .badData,
                "\(path) is not a flight record: it is not a file of \(RecordLayout.byteCount) bytes; give a rank-N.recorder")
        }
        var bytes = [UInt8](repeating: 0, count: RecordLayout.byteCount)
        guard pread(descriptor, &bytes, bytes.count, 0) == bytes.count else {
            throw recorderFailure("read the flight record", path)
        }
        return bytes
    }

    /// Parses 4,096 bytes.
    init(bytes: [UInt8]) throws(RecordFault) {
        guard bytes.count == RecordLayout.byteCount else { throw RecordFault("it has \(bytes.count) bytes") }
        func long(_ offset: Int) -> UInt64 { bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) } }
        func word(_ offset: Int) -> UInt32 { bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) } }
        func whole(_ offset: Int, _ name: String) throws(RecordFault) -> Int {
            guard let number = Int(exactly: long(offset)) else { throw RecordFault("its \(name) is \(long(offset))") }
            return number
        }
        func text(_ offset: Int, _ count: UInt32, _ capacity: Int, _ name: String) throws(RecordFault) -> ArraySlice<UInt8> {
            guard count <= capacity else { throw RecordFault("its \(name) has \(count) bytes, and \(capacity) fit") }
            return bytes[offset..<offset + Int(count)]
        }

        guard long(RecordLayout.magicOffset) == RecordLayout.magic else { throw RecordFault("it does not begin with LOCKSTEP") }
        let version = word(RecordLayout.versionOffset)
        guard version == RecordLayout.version else {
            throw RecordFault("it has version \(version), and this lockstep knows version \(RecordLayout.version)")
        }
        guard word(RecordLayout.byteCountOffset) == RecordLayout.byteCount else {
            throw RecordFault("it gives itself another size")
        }

        let (rank, size) = (word(RecordLayout.rankOffset), word(RecordLayout.sizeOffset))
        guard rank < size, size <= UInt32(Int32.max) else { throw RecordFault("it is of rank \(rank) of \(size)") }
        self.rank = Int(rank)
        self.size = Int(size)
        guard let process = Int32(exactly: word(RecordLayout.processOffset)), process > 0 else {
            throw RecordFault("it is of process \(word(RecordLayout.processOffset))")
        }
        self.process = process
        guard let phase = Phase(rawValue: word(RecordLayout.phaseOffset)) else {
            throw RecordFault("its phase has the unknown number \(word(RecordLayout.phaseOffset))")
        }
        self.phase = phase
        started = long(RecordLayout.startedOffset)
        processStart = long(RecordLayout.processStartOffset)
        step = try whole(RecordLayout.stepOffset, "step")
        epoch = try whole(RecordLayout.epochOffset, "epoch")
        let operation = word(RecordLayout.operationOffset)
        self.operation = operation == RecordLayout.noOperation ? nil : Int(operation)
        since = long(RecordLayout.sinceOffset)

        let hostBytes = try text(
            RecordLayout.hostOffset, word(RecordLayout.hostByteCountOffset), RecordLayout.hostCapacity, "host's name")
        guard let host = String(validating: hostBytes, as: UTF8.self), !host.unicodeScalars.contains(where: isControl) else {
            throw RecordFault("its host's name is not text")
        }
        self.host = host
        // The message may be half of one and half of another: mended rather than refused.
        let messageBytes = try text(
            RecordLayout.messageOffset, word(RecordLayout.messageByteCountOffset), RecordLayout.messageCapacity, "message")
        var message = String.UnicodeScalarView()
        for scalar in String(decoding: messageBytes, as: UTF8.self).unicodeScalars {
            message.append(isControl(scalar) ? " " : scalar)
        }
        self.message = String(message)

        sequence = long(RecordLayout.sequenceOffset)
        var collectives: [Collective] = []
        for index in 0..<RecordLayout.slotCount {
            let slot = RecordLayout.slotsOffset + index * RecordLayout.slotByteCount
            let sequence = long(slot + RecordLayout.Slot.sequenceOffset)
            if sequence == 0 { continue }
            guard RecordLayout.slotOffset(sequence) == slot else {
                throw RecordFault("its collective \(sequence) stands in slot \(index)")
            }
            guard let kind = CollectiveKind(rawValue: word(slot + RecordLayout.Slot.kindOffset)) else {
                throw RecordFault("its collective \(sequence) has the unknown kind \(word(slot + RecordLayout.Slot.kindOffset))")
            }
            let left = long(slot + RecordLayout.Slot.leftOffset)
            collectives.append(
                Collective(
                    sequence: sequence, kind: kind, count: long(slot + RecordLayout.Slot.countOffset),
                    entered: long(slot + RecordLayout.Slot.enteredOffset), left: left == 0 ? nil : left))
        }
        self.collectives = collectives.sorted { $0.sequence < $1.sequence }
    }
}

/// What is wrong with the contents of a record, before its file's name is known.
struct RecordFault: Error {
    let text: String
    init(_ text: String) { self.text = text }
}

/// Whether a terminal would do something else than show the character.
private func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }

/// The failure of a system call: `cannot ACTION PATH: REASON; ADVICE`.
func recorderFailure(_ action: String, _ path: String, _ code: Int32 = errno) -> Failure {
    let advice =
        switch code {
        case ENOENT: "look at the path's spelling, and make its directory"
        case ENOSPC, EDQUOT: "make room there, or choose another run directory"
        default: "mend that, or choose another run directory"
        }
    return Failure(code == ENOENT ? .missing : .io, "cannot \(action) \(path): \(systemText(code)); \(advice)")
}
