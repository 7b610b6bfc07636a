import Diagnostics
import Synchronization

/// The newest heartbeat of each rank, and when it came, by this host's clock alone: how clocks of other hosts differ does not matter.
final class HeartbeatBoard: Sendable {
    /// A rank that nothing was heard of for this long is taken for silent, where one is looked for; it sends every second.
    static let patience: UInt64 = 5_000_000_000
    /// What a rank is left to connect again, before a connection that its own system closed means that its process is no more. mpirun, which
    /// ends the others for it, leaves them hardly longer to tell of it.
    static let grace: UInt64 = 300_000_000

    /// What is known of a rank of another host.
    struct Heard {
        /// With the times of its host.
        let record: FlightRecord
        let life: FlightRecord.Life
        /// How far this host's CLOCK_REALTIME is ahead of the other's, in nanoseconds; to the time a message takes.
        let clockOffset: Int64
        /// Nanoseconds of this host's CLOCK_REALTIME.
        let time: UInt64
    }

    private struct Entry {
        let heartbeat: Heartbeat
        /// CLOCK_MONOTONIC, of the moment that the heartbeat is about.
        let uptime: UInt64
        var closed: UInt64?
    }

    private let entries = Mutex<[Int: Entry]>([:])
    /// The rank that passes on what is known of the others; nil where they tell it themselves.
    private let relay: Int?

    init(relay: Int?) { self.relay = relay }

    func post(_ heartbeat: Heartbeat, at moment: Moment) {
        let entry = Entry(heartbeat: heartbeat, uptime: moment.since(heartbeat.age), closed: nil)
        entries.withLock { $0[heartbeat.rank] = entry }
    }

    /// The connection to a rank has been closed by its side.
    func noteClosed(_ rank: Int, at moment: Moment) { entries.withLock { $0[rank]?.closed = moment.uptime } }

    /// The rank has connected again.
    func noteOpened(_ rank: Int) { entries.withLock { $0[rank]?.closed = nil } }

    /// What was told of all others is of an earlier time.
    func forgetAll(but rank: Int) { entries.withLock { entries in entries = entries.filter { $0.key == rank } } }

    /// - Returns: nil of a rank that nothing was ever heard of.
    func heard(of rank: Int, at moment: Moment) -> Heard? {
        entries.withLock { entries in
            guard let entry = entries[rank] else { return nil }
            let age = moment.since(entry.uptime)
            let isCut = relay.map { $0 != rank && !(entries[$0].map { isFresh($0, at: moment) } ?? false) } ?? false
            return Heard(
                record: entry.heartbeat.record, life: life(entry, at: moment, isCut: isCut),
                clockOffset: Int64(bitPattern: moment.time &- entry.heartbeat.taken &- age), time: moment.time &- age)
        }
    }

    /// For those who cannot hear the rank themselves.
    func heartbeat(of rank: Int, at moment: Moment) -> Heartbeat? {
        entries.withLock { entries in
            entries[rank].map { $0.heartbeat.aged(to: moment.since($0.uptime), life: life($0, at: moment, isCut: false)) }
        }
    }

    private func isFresh(_ entry: Entry, at moment: Moment) -> Bool {
        entry.closed == nil && moment.since(entry.uptime) < Self.patience
    }

    /// - Parameter isCut: whether who passes on what is heard of the rank is itself silent, which is then not the rank's fault.
    private func life(_ entry: Entry, at moment: Moment, isCut: Bool) -> FlightRecord.Life {
        let told = entry.heartbeat.life
        guard told == .alive else { return told }
        if let closed = entry.closed, moment.since(closed) >= Self.grace { return .gone }
        if moment.since(entry.uptime) < Self.patience { return .alive }
        return isCut ? .elsewhere : .unheard
    }
}
