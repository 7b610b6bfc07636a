import Foundation

/// The thread of another rank than 0 that tells rank 0 over TCP, every second, what its flight record says, and hears from it what the others'
/// say while its own rank waits.
///
/// Where the connection is lost it is made again; nothing of it keeps the rank, or its end, waiting.
public final class HeartbeatSender: Sendable {
    let board = HeartbeatBoard(relay: 0)
    private let thread: EndableThread
    private let outcome = FirstOutcome()

    /// Sends from now on, until `end()`.
    ///
    /// - Parameters:
    ///   - rank: this process's.
    ///   - hosts: the host of each rank.
    ///   - path: of the flight record of a rank; that of the one beside this one is read, for a process that is stopped cannot tell so itself.
    public init(
        to invitation: HeartbeatInvitation, rank: Int, hosts: [String], pulse: Pulse, path: @escaping @Sendable (Int) -> String
    ) {
        let here = hosts.indices.filter { hosts[$0] == hosts[rank] }
        let next = here.first { $0 > rank } ?? here[0]
        let reader = HeartbeatReporting(
            rank: rank, size: hosts.count, invitation: invitation, pulse: pulse, neighbour: next == rank ? nil : path(next),
            board: board, outcome: outcome)
        thread = EndableThread(named: "heartbeat") { reader.run(until: $0) }
    }

    /// Waits until rank 0 has answered, or could not be reached by any of its addresses, or the time is over.
    ///
    /// - Returns: why there is no connection yet; nil where there is one.
    public func faultOfFirstConnection(within seconds: Double) -> String? { outcome.wait(seconds: seconds) }

    /// Tells rank 0 how this rank has ended, and closes the connection.
    public func end() { thread.end() }
}

/// What came of the first attempt to connect.
final class FirstOutcome: @unchecked Sendable {
    private let condition = NSCondition()
    private var fault: String?
    private var isKnown = false

    /// - Parameter fault: nil for a success.
    func note(_ fault: String?) {
        condition.lock()
        if !isKnown { (self.fault, isKnown) = (fault, true) }
        condition.broadcast()
        condition.unlock()
    }

    func wait(seconds: Double) -> String? {
        condition.lock()
        defer { condition.unlock() }
        let end = Date(timeIntervalSinceNow: seconds)
        while !isKnown, condition.wait(until: end) {}
        return isKnown ? fault : "no answer within \(Int(seconds)) s"
    }
}
