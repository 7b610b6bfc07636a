import Diagnostics
import Glibc

/// Where the trainings of a drill run, if not on this host alone: rank after rank on a host of its own.
public struct DrillHosts: Sendable {
    let file: Hostfile
    /// The network interface to be taken down where a link is cut, called the same on every host; nil where none may be.
    let interface: String?

    /// - Throws: `Failure.usage` where hosts take several ranks, or are too few; or where links cannot be cut.
    public init(_ file: Hostfile, interface: String?, rankCounts: [Int]) throws {
        guard file.hosts.allSatisfy({ $0.slots == 1 }) else {
            throw Failure(.usage, "\(file.path): a drill has one rank on each host, so each line is to say slots=1")
        }
        guard rankCounts.allSatisfy({ (2...max(2, file.hosts.count)).contains($0) }), file.hosts.count > 1 else {
            throw Failure(
                .usage,
                "--np: found \(rankCounts.map(String.init).joined(separator: ",")) ranks, expected from 2 up to one for each of the "
                    + "\(file.hosts.count) hosts of \(file.path)")
        }
        guard interface == nil || geteuid() == 0 else {
            throw Failure(.usage, "--cut-interface: root alone takes an interface down")
        }
        (self.file, self.interface) = (file, interface)
    }
}
