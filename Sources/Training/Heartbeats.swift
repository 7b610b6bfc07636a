import Diagnostics
import Foundation
import MPI
import Recorder

/// What lets a rank see those of other hosts: heartbeats over TCP, never by MPI, which may be what does not get on. Where all ranks have one
/// host there is no thread and no socket.
///
/// A mapped file is no way between hosts: through a network file system it is as new as its last write-back, and may be read from a cache.
final class Heartbeats: Sendable {
    /// At all ranks, from this one.
    let lookout: Lookout
    private let stop: @Sendable () -> Void

    /// How long the start waits for rank 0's answer: ranks that try in vain need it for a second an address.
    private static let patience = 6.0

    private init(_ lookout: Lookout, stop: @escaping @Sendable () -> Void) { (self.lookout, self.stop) = (lookout, stop) }

    /// Begins, until `end()`. Collective.
    ///
    /// - Parameters:
    ///   - pulse: of this rank's flight record.
    ///   - deadline: of the start's stages, of which this must not take more than a part.
    ///   - warn: told on rank 0 which ranks cannot be heard, and why; the files of the run directory are read for those.
    static func start(
        _ run: RunDirectory, pulse: Pulse, deadline: TimeSpan, world: Communicator, warn: (String) -> Void
    ) throws -> Heartbeats {
        let hosts = try world.hostNames()
        let path: @Sendable (Int) -> String = { run.recorder(rank: $0) }
        guard Set(hosts).count > 1 else { return Heartbeats(Lookout(hosts: hosts, rank: world.rank, path: path)) {} }
        let listening = world.rank == 0 ? Result { try HeartbeatListener(hosts: hosts, pulse: pulse, path: path) } : nil
        let listener = try? listening?.get()
        var invitation = try world.agreed { try listener.map { Array(try JSONEncoder().encode($0.invitation)) } ?? [] }
        try world.broadcast(bytes: &invitation, from: 0)
        let sender = try world.agreed {
            try world.rank == 0 || invitation.isEmpty
                ? nil
                : HeartbeatSender(
                    to: JSONDecoder().decode(HeartbeatInvitation.self, from: Data(invitation)), rank: world.rank, hosts: hosts,
                    pulse: pulse, path: path)
        }
        let faults = try world.allGather(
            bytes: Array((sender?.faultOfFirstConnection(within: min(patience, Double(deadline.seconds) / 2)) ?? "").utf8))
        if case .failure(let error)? = listening {
            warn(warning(String(describing: error)))
        } else if world.rank == 0, let first = faults.firstIndex(where: { !$0.isEmpty }) {
            let others = faults.count { !$0.isEmpty } - 1
            let who = "rank \(first) on \(hosts[first])" + (others > 0 ? " and \(others) more" : "")
            warn(warning("\(who) cannot connect to rank 0: \(String(decoding: faults[first], as: UTF8.self))"))
        }
        if let listener {
            return Heartbeats(Lookout(hosts: hosts, hearing: listener, path: path)) { listener.end() }
        } else if let sender {
            return Heartbeats(Lookout(hosts: hosts, rank: world.rank, hearing: sender, path: path)) { sender.end() }
        } else {
            return Heartbeats(Lookout(hosts: hosts, rank: world.rank, path: path)) {}
        }
    }

    /// Tells the others how this rank has ended; returns within a moment, whatever the network does.
    func end() { stop() }

    private static func warning(_ fault: String) -> String {
        "no heartbeats: \(fault); where a job does not get on, what ranks of other hosts do is read from the run directory, which may be "
            + "late or not theirs; let TCP connections between the hosts pass"
    }
}
