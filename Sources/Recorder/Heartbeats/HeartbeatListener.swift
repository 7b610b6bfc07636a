import Diagnostics
import Glibc

/// Rank 0's thread that hears the heartbeats of all other ranks, and tells each of them what it knows of all.
public final class HeartbeatListener: Sendable {
    /// What the other ranks need to know.
    public let invitation: HeartbeatInvitation
    let board = HeartbeatBoard(relay: nil)
    private let thread: EndableThread

    /// Listens from now on, until `end()`.
    ///
    /// - Parameters:
    ///   - hosts: the host of each rank.
    ///   - pulse: of rank 0, which this process is.
    ///   - path: of the flight record of a rank; those of this host are read.
    /// - Throws: `Failure(.io)` where the system lets nobody listen.
    public init(hosts: [String], pulse: Pulse, path: @escaping @Sendable (Int) -> String) throws(Failure) {
        guard let descriptor = TCPConnection.listener() else {
            throw Failure(.io, "no TCP port to hear heartbeats by: \(systemText())")
        }
        guard let port = SocketAddress.port(of: descriptor) else {
            close(descriptor)
            throw Failure(.io, "the TCP port to hear heartbeats by has no number: \(systemText())")
        }
        let invitation = HeartbeatInvitation(addresses: SocketAddress.numbersOfThisHost() + [hosts[0]], port: port)
        self.invitation = invitation
        let hub = HeartbeatHub(
            listener: descriptor, invitation: invitation, hosts: hosts, pulse: pulse, board: board, path: path)
        thread = EndableThread(named: "heartbeats") { hub.serve(until: $0) }
    }

    /// Tells the others how this rank has ended, and closes all connections.
    public func end() { thread.end() }
}
