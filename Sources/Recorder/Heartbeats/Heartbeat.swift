import Diagnostics

// What travels of one rank, 1,720 bytes; all numbers are little-endian.
//
//     offset   bytes    field
//     0        4        how its process does: an index in `Heartbeat.lives`
//     4        4        0
//     8        8        when that was so, in nanoseconds of CLOCK_REALTIME of the rank's own host
//     16       8        the nanoseconds that have passed since, where another rank passes it on
//     24       1696     the flight record (RecordLayout.swift), without the zeros behind it

/// What was so of one rank at one moment: its flight record, and how its process did.
struct Heartbeat: Sendable, Equatable {
    static let byteCount = 24 + RecordLayout.usedByteCount
    /// What can be told of a process by its own host.
    private static let lives: [FlightRecord.Life] = [.ended, .alive, .stopped, .gone]

    private let image: ArraySlice<UInt8>
    /// Its times are those of the rank's host.
    let record: FlightRecord
    let life: FlightRecord.Life
    /// Nanoseconds of CLOCK_REALTIME of the rank's host. With `age`, what tells how its clock differs from the reader's.
    let taken: UInt64
    /// Nanoseconds between that moment and the one in which this was sent on.
    let age: UInt64

    var rank: Int { record.rank }

    /// Of this very process, now.
    init(of pulse: Pulse) throws(RecordFault) {
        let image = pulse.image
        let record = try Self.record(image[...])
        (self.image, self.record, taken, age) = (image[...], record, now(), 0)
        life = record.phase == .ended ? .ended : .alive
    }

    /// Of a rank of this host, now, whose record is the file at `path`; nil where there is none, or its process cannot be looked up.
    init?(readFrom path: String) {
        guard let bytes = try? FlightRecord.bytes(of: path), let record = try? FlightRecord(bytes: bytes) else { return nil }
        let life = record.life
        guard Self.lives.contains(life) else { return nil }
        (image, self.record, self.life, taken, age) = (bytes.prefix(RecordLayout.usedByteCount), record, life, now(), 0)
    }

    /// - Parameter bytes: as many as `byteCount`.
    init(bytes: ArraySlice<UInt8>) throws(RecordFault) {
        require(bytes.count == Self.byteCount, "a heartbeat has \(Self.byteCount) bytes, not \(bytes.count)")
        let (life, rest): (UInt32, UInt32) = (bytes.number(at: 0), bytes.number(at: 4))
        guard life < Self.lives.count, rest == 0 else { throw RecordFault("its process does what has the unknown number \(life)") }
        image = bytes.dropFirst(24)
        record = try Self.record(image)
        (self.life, taken, age) = (Self.lives[Int(life)], bytes.number(at: 8), bytes.number(at: 16))
    }

    private init(_ other: Heartbeat, life: FlightRecord.Life, age: UInt64) {
        (image, record, taken) = (other.image, other.record, other.taken)
        (self.life, self.age) = (life, age)
    }

    /// The same when so many nanoseconds have passed, for others to read.
    func aged(to age: UInt64, life: FlightRecord.Life) -> Heartbeat {
        Heartbeat(self, life: Self.lives.contains(life) ? life : self.life, age: age)
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        bytes.append(number: UInt32(Self.lives.firstIndex(of: life) ?? 0))
        bytes.append(number: UInt32(0))
        bytes.append(number: taken)
        bytes.append(number: age)
        return bytes + image
    }

    private static func record(_ image: ArraySlice<UInt8>) throws(RecordFault) -> FlightRecord {
        try FlightRecord(bytes: image + [UInt8](repeating: 0, count: RecordLayout.byteCount - RecordLayout.usedByteCount))
    }
}

extension [UInt8] {
    mutating func append(number: some FixedWidthInteger & BitwiseCopyable) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}

extension Collection<UInt8> where Self: RandomAccessCollection {
    /// The number whose bytes stand from `offset` on, counted from the first.
    func number<Number: FixedWidthInteger>(at offset: Int) -> Number {
        dropFirst(offset).prefix(Number.bitWidth / 8).reversed().reduce(0) { $0 << 8 | Number($1) }
    }
}
