import Foundation
import TestSupport
import Testing

@testable import Recorder

/// Ranks of one job, all of this process, on hosts that are names alone; heartbeats go over the loopback.
struct HeartbeatJob {
    let hosts: [String]
    let recorders: [FlightRecorder]
    let path: @Sendable (Int) -> String

    static func with(hosts: [String], _ body: (HeartbeatJob) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            let path: @Sendable (Int) -> String = { "\(directory)/rank-\($0).recorder" }
            let recorders = try hosts.indices.map { rank in
                try FlightRecorder(path: path(rank), rank: rank, size: hosts.count, host: hosts[rank])
            }
            try body(HeartbeatJob(hosts: hosts, recorders: recorders, path: path))
        }
    }

    func listener() throws -> HeartbeatListener { try HeartbeatListener(hosts: hosts, pulse: recorders[0].pulse, path: path) }

    func sender(_ rank: Int, to invitation: HeartbeatInvitation) -> HeartbeatSender {
        HeartbeatSender(to: invitation, rank: rank, hosts: hosts, pulse: recorders[rank].pulse, path: path)
    }

    /// Where rank 0 stands in for none of this host's files: heartbeats alone are seen.
    func lookout(_ listener: HeartbeatListener) -> Lookout {
        Lookout(hosts: hosts, hearing: listener) { _ in "/no/such/directory" }
    }

    func lookout(_ rank: Int, _ sender: HeartbeatSender) -> Lookout {
        Lookout(hosts: hosts, rank: rank, hearing: sender) { _ in "/no/such/directory" }
    }
}

extension HeartbeatListener {
    /// The way to it over the loopback, which a machine has whatever else it has.
    var loopback: HeartbeatInvitation {
        var invitation = invitation
        invitation.addresses = ["127.0.0.1"]
        return invitation
    }
}

/// Whether `condition` comes true within so many seconds.
func comesTrue(within seconds: Double, _ condition: () throws -> Bool) rethrows -> Bool {
    let end = Date(timeIntervalSinceNow: seconds)
    while Date() < end {
        if try condition() { return true }
        usleep(10_000)
    }
    return false
}
