import Diagnostics

/// Where the trainings of a drill run, if not on this host alone: rank after rank on a host of its own.
public struct DrillHosts: Sendable {
    let file: Hostfile
    /// The network interface to be taken down where a link is cut, called the same on every host; nil where none may be.
    let interface: String?

    /// - Throws: `Failure.usage` where hosts take several ranks, or are too few.
    public init(_ file: Hostfile, interface: String?, mostRanks: Int) throws {
        guard file.hosts.allSatisfy({ $0.slots == 1 }) else {
            throw Failure(.usage, "\(file.path): a drill has one rank on each host, so each line is to say slots=1")
        }
        guard mostRanks <= file.hosts.count else {
            throw Failure(.usage, "--np: found \(mostRanks) ranks, expected at most one for each of the \(file.hosts.count) hosts")
        }
        (self.file, self.interface) = (file, interface)
    }
}
