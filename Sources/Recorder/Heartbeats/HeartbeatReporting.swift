import Diagnostics
import Glibc

/// What the thread of a rank does that tells rank 0 of itself.
struct HeartbeatReporting: Sendable {
    let rank: Int
    let size: Int
    let invitation: HeartbeatInvitation
    let pulse: Pulse
    /// The flight record of the next rank on this host; nil where there is none.
    let neighbour: String?
    let board: HeartbeatBoard
    let outcome: FirstOutcome

    private static let interval: UInt64 = 1_000_000_000
    /// Between two rounds of attempts, where the addresses lead nowhere.
    private static let pauseBetweenRounds = 5.0

    func run(until call: EndableThread.Call) {
        while !call.hasEnded {
            do throws(Failure) {
                let connection = try HeartbeatCall(invitation).connect(rank: rank, size: size, until: call)
                outcome.note(nil)
                board.noteOpened(0)
                let began = Moment.now.uptime
                report(over: connection, until: call)
                // One that was lost is made again at once, so that nobody takes this rank for one that is no more; not one that leads to nothing.
                if Moment.now.since(began) < Self.interval { _ = call.wait(for: [], seconds: 1) }
            } catch {
                outcome.note(error.description)
                _ = call.wait(for: [], seconds: Self.pauseBetweenRounds)
            }
        }
    }

    /// Returns when the connection is lost or of no use, or at the end.
    private func report(over connection: TCPConnection, until call: EndableThread.Call) {
        var lastNews: UInt64 = 0
        var next = Moment.now.uptime
        while connection.state == .open, !call.hasEnded {
            let uptime = Moment.now.uptime
            if uptime >= next {
                let news = pulse.lastNews
                let isWaiting = news == lastNews
                lastNews = news
                if !isWaiting { board.forgetAll(but: 0) }
                if !connection.isSending { connection.send(frame(wantsAll: isWaiting)) }
                next = uptime + Self.interval
            }
            let ready = call.wait(for: [connection.awaited], seconds: Double(next - min(next, uptime)) / 1e9)
            if ready.first == true, !hear(connection) { return }
        }
        _ = hear(connection)
        if connection.state == .open, !connection.isSending { connection.send(frame(wantsAll: false)) }
        if connection.state == .closed { board.noteClosed(0, at: .now) }
    }

    private func frame(wantsAll: Bool) -> [UInt8] {
        let own = (try? Heartbeat(of: pulse)).map { [$0] } ?? []
        let beside = neighbour.flatMap(Heartbeat.init(readFrom:)).map { [$0] } ?? []
        return HeartbeatFrame(wantsAll: wantsAll, heartbeats: own + beside).bytes
    }

    /// - Returns: whether what was said can be understood.
    private func hear(_ connection: TCPConnection) -> Bool {
        connection.flush()
        connection.receive(upTo: HeartbeatFrame.byteCount(size))
        let now = Moment.now
        do throws(RecordFault) {
            while let frame = try HeartbeatFrame(startOf: connection.received, limit: size) {
                _ = connection.take(frame.byteCount)
                for heartbeat in frame.heartbeats where heartbeat.record.size == size { board.post(heartbeat, at: now) }
            }
            return true
        } catch { return false }
    }
}
