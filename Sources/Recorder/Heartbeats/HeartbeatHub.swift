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
    /// A rank may come again before its former connection is known to be lost.
    private var guestLimit: Int { 2 * hosts.count + 8 }

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

    /// Closes the listening socket at the end.
    func serve(until call: EndableThread.Call) {
        defer { close(listener) }
        var guests: [Guest] = []
        var mayAccept = true
        while !call.hasEnded {
            // poll(2) passes over what has no number.
            let door = pollfd(fd: mayAccept ? listener : -1, events: Int16(POLLIN), revents: 0)
            let ready = call.wait(for: [door] + guests.map(\.connection.awaited), seconds: 1)
            let now = Moment.now
            for (guest, isReady) in zip(guests, ready.dropFirst()) where isReady { attend(to: guest, among: guests, at: now) }
            for guest in guests where guest.connection.state == .closed && !guest.isRefused {
                if let rank = guest.rank { board.noteClosed(rank, at: now) }
            }
            guests.removeAll { guest in
                guest.isRefused || guest.connection.state != .open || guest.rank == nil && now.since(guest.came) >= Self.courtesy
            }
            mayAccept = ready.first != true || accept(&guests, at: now)
        }
        let last = HeartbeatFrame(wantsAll: false, heartbeats: own).bytes
        for guest in guests where guest.rank != nil && !guest.connection.isSending { guest.connection.send(last) }
    }

    /// - Returns: whether the system has connections to give.
    private func accept(_ guests: inout [Guest], at moment: Moment) -> Bool {
        while let connection = TCPConnection.accepted(from: listener) {
            if guests.count < guestLimit { guests.append(Guest(connection, came: moment.uptime)) }
        }
        return errno != EMFILE && errno != ENFILE
    }

    private func attend(to guest: Guest, among guests: [Guest], at moment: Moment) {
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
                if !connection.isSending { connection.send(answer(to: frame, at: moment).bytes) }
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

    private func answer(to frame: HeartbeatFrame, at moment: Moment) -> HeartbeatFrame {
        guard frame.wantsAll else { return HeartbeatFrame(wantsAll: false, heartbeats: own) }
        let others = hosts.indices.dropFirst().compactMap { rank in
            hosts[rank] == hosts[0] ? Heartbeat(readFrom: path(rank)) : board.heartbeat(of: rank, at: moment)
        }
        return HeartbeatFrame(wantsAll: false, heartbeats: own + others)
    }

    private var own: [Heartbeat] { (try? Heartbeat(of: pulse)).map { [$0] } ?? [] }
}
