/// What a host is and has, as one process found it there.
public struct HostFacts: Sendable, Equatable, Codable {
    public var name: String
    /// As the hostfile calls it; nil where there is none.
    public var askedAs: String?
    public var processor: String
    /// The processors of each physical core that a job may use here.
    public var cores: [[Int]]
    /// Cores' worth of time that the container may use; nil for all.
    public var quota: Double?
    /// The SHA-256 of lockstep.
    public var executable: String
    public var interfaces: [NetworkInterface]
    public var memory: Space
    public var sharedMemory: Space?
    public var run: DirectoryFacts
    /// Where Open MPI keeps its session.
    public var temporary: DirectoryFacts
    /// A number that tells data sets apart; nil where none was named.
    public var data: String?
    /// Why the data set cannot be used here.
    public var dataFailure: String?

    /// Bytes that may still be taken.
    public struct Space: Sendable, Equatable, Codable {
        public var free: Double
        public var total: Double

        public init(free: Double, total: Double) { (self.free, self.total) = (free, total) }
    }

    /// Whole cores that ranks can have.
    var coreCount: Int { max(1, min(cores.count, quota.map { Int($0) } ?? .max)) }
}

/// What a directory lets a process do.
public struct DirectoryFacts: Sendable, Equatable, Codable {
    public var path: String
    /// The directory that was tried: the path itself or, where it is not there yet, the nearest one above it.
    public var tried: String
    /// What failed of writing, fsync and rename, and why; nil where all went well.
    public var failure: String?
    /// Whether the mark that the launcher's host left is there; nil where none was looked for.
    public var hasMark: Bool?
    public var space: HostFacts.Space?
}
