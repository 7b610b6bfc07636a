import Glibc

/// What rank 0's thread does: it takes in who connects and shows that it is of this run, hears them, and answers them.
struct HeartbeatHub: Sendable {
    let listener: Int32
    let invitation: HeartbeatInvitation
    let hosts: [String]
    let pulse: Pulse
    let board: HeartbeatBoard
    let path: @Sendable (Int) -> String

    /// A rank tells of itself, and of the one beside it on its host.
    private static let limit = 2
    /// How long one who has connected may take to greet, in nanoseconds.
    private static let courtesy: UInt64 = 5_000_000_000
    /// A rank may come again before its former connection is known to be lost. Half of the descriptors that the system gives a process are
    /// left to what else it opens; ranks that find no room are seen in the run directory's files.
    private var guestLimit: Int {
        var descriptors = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &descriptors)
        return min(2 * hosts.count + 8, Int(clamping: descriptors.rlim_cur / 2))
    }

    /// One who has connected.
    private final class Guest {
        let connection: TCPConnection
        /// Nanoseconds of CLOCK_MONOTONIC.
        let came: UInt64
        /// Which it is, since it has greeted.
        var rank: Int?
        /// Whether it said what none of this run says, or has come again.
        var isRefused = false

        init(_ connection: TCPConnection, came: UInt64) { (self.connection, self.came) = (connection, came) }
    }

    /// What is told of all ranks, made once for all that ask within a moment: where the whole job waits, every rank does.
    private final class Table {
        private var made: (bytes: [UInt8], uptime: UInt64)?
        private static let validity: UInt64 = 500_000_000

        func bytes(at moment: Moment, _ make: (Moment) -> [UInt8]) -> [UInt8] {
            if let made, moment.since(made.uptime) < Self.validity { return made.bytes }
            let bytes = make(moment)
            made = (bytes, moment.uptime)
            return bytes
        }
    }

    /// Closes the listening socket at the end.
    func serve(until call: EndableThread.Call) {
        defer { close(listener) }
        var guests: [Guest] = []
        let table = Table()
        let limit = guestLimit
        var mayAccept = true
        while !call.hasEnded {
            // poll(2) passes over what has no number.
            let door = pollfd(fd: mayAccept ? listener : -1, events: Int16(POLLIN), revents: 0)
            let ready = call.wait(for: [door] + guests.map(\.connection.awaited), seconds: 1)
            let now = Moment.now
            for (guest, isReady) in zip(guests, ready.dropFirst()) where isReady {
                attend(to: guest, among: guests, telling: table, at: now)
            }
            for guest in guests where guest.connection.state == .closed && !guest.isRefused {
                if let rank = guest.rank { board.noteClosed(rank, at: now) }
            }
            guests.removeAll { guest in
                guest.isRefused || guest.connection.state != .open || guest.rank == nil && now.since(guest.came) >= Self.courtesy
            }
            mayAccept = ready.first != true || accept(&guests, limit: limit, at: now)
        }
        for guest in guests where guest.rank != nil && !guest.connection.isSending { guest.connection.send(ownFrame) }
    }

    /// - Returns: whether the system has connections to give.
    private func accept(_ guests: inout [Guest], limit: Int, at moment: Moment) -> Bool {
        while let connection = TCPConnection.accepted(from: listener) {
            if guests.count < limit { guests.append(Guest(connection, came: moment.uptime)) }
        }
        return errno != EMFILE && errno != ENFILE
    }

    private func attend(to guest: Guest, among guests: [Guest], telling table: Table, at moment: Moment) {
        let connection = guest.connection
        connection.flush()
        connection.receive(upTo: HeartbeatFrame.byteCount(Self.limit))
        if guest.rank == nil, let greeting = connection.take(HeartbeatInvitation.greetingByteCount) {
            guard let rank = invitation.rank(of: greeting, size: hosts.count) else {
                guest.isRefused = true
                return
            }
            for former in guests where former.rank == rank { former.isRefused = true }
            guest.rank = rank
            board.noteOpened(rank)
            connection.send(invitation.answer)
        }
        guard let rank = guest.rank else { return }
        do throws(RecordFault) {
            while let frame = try HeartbeatFrame(startOf: connection.received, limit: Self.limit) {
                _ = connection.take(frame.byteCount)
                try hear(frame, from: rank, at: moment)
                // One who does not read is not told more.
                if !connection.isSending { connection.send(frame.wantsAll ? table.bytes(at: moment, allRanks) : ownFrame) }
            }
        } catch { guest.isRefused = true }
    }

    private func hear(_ frame: HeartbeatFrame, from rank: Int, at moment: Moment) throws(RecordFault) {
        for heartbeat in frame.heartbeats {
            guard heartbeat.record.size == hosts.count, hosts[heartbeat.rank] == hosts[rank] else {
                throw RecordFault("rank \(rank) tells of one that is none of its host's")
            }
            board.post(heartbeat, at: moment)
        }
    }

    private func allRanks(at moment: Moment) -> [UInt8] {
        let others = hosts.indices.dropFirst().compactMap { rank in
            hosts[rank] == hosts[0] ? Heartbeat(readFrom: path(rank)) : board.heartbeat(of: rank, at: moment)
        }
        return HeartbeatFrame(wantsAll: false, heartbeats: own + others).bytes
    }

    private var ownFrame: [UInt8] { HeartbeatFrame(wantsAll: false, heartbeats: own).bytes }

    private var own: [Heartbeat] { (try? Heartbeat(of: pulse)).map { [$0] } ?? [] }
}
