import Diagnostics

/// One question that is asked of the facts before a job: a pure function.
public struct Check: Sendable {
    public let name: String
    /// Of the exit code, where the check finds an error.
    let kind: Failure.Kind
    let examine: @Sendable (ClusterFacts) -> [Finding]

    init(_ name: String, _ kind: Failure.Kind, _ examine: @escaping @Sendable (ClusterFacts) -> [Finding]) {
        (self.name, self.kind, self.examine) = (name, kind, examine)
    }

    /// In the order in which a job would meet what they look for.
    static let all = [
        Check("mpirun", .mpi, LauncherChecks.launcher), Check("permission", .mpi, LauncherChecks.permission),
        Check("hosts", .mpi, HostChecks.reached), Check("cores", .usage, CoreChecks.cores),
        Check("binding", .usage, CoreChecks.binding), Check("threads", .usage, CoreChecks.threads),
        Check("network", .mpi, NetworkCheck.interfaces), Check("clocks", .mpi, HostChecks.clocks),
        Check("processors", .mpi, HostChecks.processors), Check("executables", .mpi, HostChecks.executables),
        Check("data", .badData, HostChecks.data), Check("recipe", .usage, MemoryChecks.recipe),
        Check("run directory", .io, StorageChecks.runDirectory),
        Check("disks", .io, StorageChecks.disks), Check("shared memory", .mpi, MemoryChecks.sharedMemory),
        Check("memory", .usage, MemoryChecks.memory),
    ]
}

/// All that the checks say of a set of facts.
public struct Examination: Sendable {
    public let findings: [(check: Check, finding: Finding)]

    public init(_ facts: ClusterFacts) {
        findings = Check.all.flatMap { check in check.examine(facts).map { (check, $0) } }
    }

    public var worst: Finding.Severity { findings.map(\.finding.severity).max() ?? .ok }

    /// Of the first error; 0 where there is none, for a job with warnings runs.
    public var exitCode: Int32 { findings.first { $0.finding.severity == .error }?.check.kind.rawValue ?? 0 }
}
