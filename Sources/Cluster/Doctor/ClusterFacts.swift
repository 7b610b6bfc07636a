import Foundation

/// All that the checks go by: what was asked for, and what was found where it would run.
public struct ClusterFacts: Sendable, Equatable, Codable {
    public var request: DoctorRequest
    public var launcher: LauncherFacts
    /// Of the trial start; nil where mpirun could not be started at all.
    public var start: StartFacts?
    /// Of each process that the trial start made, as far as they said something.
    public var ranks: [RankFacts] = []
    /// Of each host that answered, once.
    public var hosts: [HostFacts] = []
    public var unreached: [UnreachedHost] = []
    /// Of the recipe, where one was named together with its data.
    public var plan: PlanFacts?
    /// Why the recipe cannot be planned for these ranks and data.
    public var planFailure: String?

    public init(request: DoctorRequest, launcher: LauncherFacts) {
        (self.request, self.launcher) = (request, launcher)
    }

    /// Of a host of the hostfile; nil where it told nothing.
    func facts(of host: DoctorRequest.Host) -> HostFacts? { hosts.first { $0.askedAs == host.name } }

    /// The ranks that each host would have: those of the hostfile's slots in order, or all on this one.
    var ranksOfHosts: [(host: HostFacts, ranks: Int)] {
        guard !request.hosts.isEmpty else { return hosts.prefix(1).map { ($0, request.ranks) } }
        var left = request.ranks
        var placed: [(host: HostFacts, ranks: Int)] = []
        for (index, host) in request.hosts.enumerated() {
            let facts = facts(of: host)
            let slots = host.slots ?? facts?.coreCount ?? 1
            // What exceeds all slots is put on the last host: there is no place for it anyway.
            let here = index == request.hosts.count - 1 ? left : min(left, slots)
            left -= here
            if let facts, here > 0 { placed.append((facts, here)) }
        }
        return placed
    }
}

/// What a user would start.
public struct DoctorRequest: Sendable, Equatable, Codable {
    public struct Host: Sendable, Equatable, Codable {
        public var name: String
        public var slots: Int?
    }

    /// As it was asked for, or as many as there are slots.
    public var ranks: Int
    public var hostfile: String?
    /// Of the hostfile; empty for this host alone.
    public var hosts: [Host]
    public var recipe: String?
    public var data: String?
    /// The run directory; nil for a new one.
    public var run: String?

    /// The run directory, or the folder that new ones are made in.
    public var place: String { run ?? "runs" }

    public init(ranks: Int, hostfile: Hostfile? = nil, recipe: String? = nil, data: String? = nil, run: String? = nil) {
        (self.ranks, self.recipe, self.data, self.run) = (ranks, recipe, data, run)
        self.hostfile = hostfile?.path
        hosts = hostfile?.hosts.map { Host(name: $0.name, slots: $0.slots) } ?? []
    }
}

/// What stands on the host where mpirun starts.
public struct LauncherFacts: Sendable, Equatable, Codable {
    /// The first of PATH; nil where there is none.
    public var mpirun: Program?
    /// Others, of which one may be the right one.
    public var otherPrograms: [Program] = []
    /// The library that lockstep is linked with, as it tells itself.
    public var library: String
    public var isRoot: Bool
    /// Of this process's environment, what Open MPI and BLAS look at.
    public var environment: [String: String]
    public var executable: String

    public struct Program: Sendable, Equatable, Codable {
        public var path: String
        /// The first line of what it says to --version.
        public var version: String
    }
}

/// How the trial start of all ranks went.
public struct StartFacts: Sendable, Equatable, Codable {
    public var processes: Int
    public var exitCode: Int32
    public var isOverdue: Bool
    /// What mpirun and the ranks said beside their facts, the last lines of it.
    public var words: [String]
}

/// What one process of the trial start found.
public struct RankFacts: Sendable, Equatable, Codable {
    public var host: String
    public var process: Int32
    /// The processors that it may run on.
    public var processors: [Int]
    /// Of its world, once MPI was started; nil where MPI would not start.
    public var worldSize: Int?
    /// Seconds since 1970, taken at once behind a barrier.
    public var clock: Double?
    /// Why MPI would not start.
    public var failure: String?

    /// Of this process, before MPI is started.
    public static var here: RankFacts {
        RankFacts(host: ProcessInfo.processInfo.hostName, process: getpid(), processors: Cores.all.flatMap(\.self).sorted())
    }
}

/// A host that mpirun could start nothing on.
public struct UnreachedHost: Sendable, Equatable, Codable {
    public var name: String
    /// What ssh or mpirun said about it.
    public var words: String
}

/// What a recipe takes.
public struct PlanFacts: Sendable, Equatable, Codable {
    /// Bytes of the rank that takes most.
    public var rankBytes: Double
    /// Of them, what stands in memory that a node's ranks share.
    public var sharedBytes: Double
    public var checkpointBytes: Double
    /// Checkpoints that a run keeps.
    public var keptCheckpoints: Int

    public init(rankBytes: Double, sharedBytes: Double, checkpointBytes: Double, keptCheckpoints: Int) {
        (self.rankBytes, self.sharedBytes) = (rankBytes, sharedBytes)
        (self.checkpointBytes, self.keptCheckpoints) = (checkpointBytes, keptCheckpoints)
    }
}
