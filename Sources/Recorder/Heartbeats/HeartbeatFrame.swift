// What goes over a connection, in order; all of fixed size but for the number of heartbeats, which is bounded; numbers little-endian.
//
//     the rank     a greeting: 8 bytes `LOCKBEAT`, 4 the rank, 4 the world size, 16 the run's call (HeartbeatInvitation)
//     rank 0       16 bytes, the run's answer
//     the rank     a frame, every second
//     rank 0       a frame, for each of the rank's
//
//     A frame: 4 bytes `BEAT`; 4, whether the sender wants to hear of all ranks: 0 or 1; 4, the number of heartbeats; the heartbeats.

/// Heartbeats that are sent together.
struct HeartbeatFrame: Sendable, Equatable {
    static let headerByteCount = 12
    private static let magic: UInt32 = 0x5441_4542

    let wantsAll: Bool
    let heartbeats: [Heartbeat]

    /// How many bytes a frame with so many heartbeats has.
    static func byteCount(_ heartbeats: Int) -> Int { headerByteCount + heartbeats * Heartbeat.byteCount }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(number: Self.magic)
        bytes.append(number: UInt32(wantsAll ? 1 : 0))
        bytes.append(number: UInt32(heartbeats.count))
        for heartbeat in heartbeats { bytes += heartbeat.bytes }
        return bytes
    }

    init(wantsAll: Bool, heartbeats: [Heartbeat]) { (self.wantsAll, self.heartbeats) = (wantsAll, heartbeats) }

    /// The frame that `bytes` begin with; nil while it is not whole.
    ///
    /// - Parameter limit: of the number of heartbeats.
    /// - Throws: what is wrong with it, as soon as that can be seen.
    init?(startOf bytes: [UInt8], limit: Int) throws(RecordFault) {
        guard bytes.count >= Self.headerByteCount else { return nil }
        let (magic, wantsAll, count): (UInt32, UInt32, UInt32) = (bytes.number(at: 0), bytes.number(at: 4), bytes.number(at: 8))
        guard magic == Self.magic, wantsAll <= 1 else { throw RecordFault("it does not begin with BEAT") }
        guard count <= limit else { throw RecordFault("it tells of \(count) ranks") }
        guard bytes.count >= Self.byteCount(Int(count)) else { return nil }
        var heartbeats: [Heartbeat] = []
        for index in 0..<Int(count) {
            heartbeats.append(try Heartbeat(bytes: bytes.dropFirst(Self.byteCount(index)).prefix(Heartbeat.byteCount)))
        }
        self.init(wantsAll: wantsAll == 1, heartbeats: heartbeats)
    }

    var byteCount: Int { Self.byteCount(heartbeats.count) }
}
