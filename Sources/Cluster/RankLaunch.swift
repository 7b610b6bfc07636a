import Diagnostics
import Foundation

/// A rank command of this very executable as the ranks of an MPI job, on this host or on those of a hostfile, started by mpirun.
public struct RankLaunch: Sendable {
    public let ranks: Int
    public let arguments: [String]
    /// The hardware threads that the ranks share; nil leaves it to mpirun, which binds each rank of a job to a core as if it were alone.
    public let processors: [Int]?
    /// Nil for this host alone.
    public let hosts: Hostfile?
    /// So many ranks on each host of the file, from the first on; nil fills one host's slots after the other.
    public let ranksPerHost: Int?
    /// What ranks are bound to; nil leaves it to mpirun, and to `processors`.
    public let binding: RankBinding?
    /// Variables of this environment that the ranks are not given.
    public let withheld: Set<String>

    public init(
        ranks: Int, arguments: [String], processors: [Int]? = nil, hosts: Hostfile? = nil, ranksPerHost: Int? = nil,
        binding: RankBinding? = nil, withheld: Set<String> = []
    ) {
        (self.ranks, self.arguments, self.processors) = (ranks, arguments, processors)
        (self.hosts, self.ranksPerHost, self.binding, self.withheld) = (hosts, ranksPerHost, binding, withheld)
    }

    /// Ranks that can have a core each; nil where only mpirun can tell.
    public static func cores(of hosts: Hostfile?) -> Int? { hosts.map(\.slots) ?? Cores.physical }

    /// Runs the job to its end. Several jobs may run at once, each on a thread of its own.
    ///
    /// - Parameters:
    ///   - output: the file that takes all that mpirun and the ranks write; nil lets them write where this process does.
    ///   - ending: what may ask for the job's end before its own.
    /// - Returns: mpirun's exit code; 128 + the signal where one ended it.
    /// - Throws: `Failure.missing` where there is no mpirun, `Failure.io` where the output cannot be written.
    public func run(output: String?, ending: JobEnding? = nil) throws -> Int32 {
        if let ending, ending.isAsked { return 128 + SIGTERM }
        // Open MPI's usual session directory is shared by all jobs of a host, and one that ends removes it while another begins.
        let session = FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-\(UUID().uuidString.prefix(8))").path
        defer { try? FileManager.default.removeItem(atPath: session) }
        do { try FileManager.default.createDirectory(atPath: session, withIntermediateDirectories: true) } catch {
            throw Failure(.io, "\(session) cannot be made: \(reason(error))")
        }
        let command = try command(mpirun: Program.path(of: "mpirun"), taskset: try? Program.path(of: "taskset"))
        return try Program(
            path: command[0], arguments: Array(command.dropFirst()) + [Program.ownPath()] + arguments,
            environment: Self.cleanedEnvironment(ProcessInfo.processInfo.environment, isRoot: geteuid() == 0)
                .merging(["OMPI_MCA_orte_tmpdir_base": session]) { $1 }
                .filter { !withheld.contains($0.key) },
            output: output.map(Program.Output.file) ?? .inherited
        ).run(ending: ending)
    }

    /// The words in front of the executable: mpirun with its options, kept to the job's processors where it has any.
    func command(mpirun: String, taskset: String?) -> [String] {
        guard let processors, let taskset else { return [mpirun] + options }
        return [taskset, "--cpu-list", processors.map(String.init).joined(separator: ","), mpirun] + options
    }

    /// Where ranks exceed cores they are allowed to take turns, and give their core away while they wait: busy waiting makes a small sum
    /// thousands of times slower.
    var options: [String] {
        let cores = processors.map(\.count) ?? Self.cores(of: hosts) ?? ranks
        // Another host's ranks get of this environment what they are told to, and Open MPI's own variables.
        let told = ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"] + (isFaultPlanted ? [Self.plantedFault] : [])
        var elsewhere = hosts.map { ["--hostfile", $0.path] + told.flatMap { ["-x", $0] } } ?? []
        if hosts != nil, let ranksPerHost { elsewhere += ["--map-by", "ppr:\(ranksPerHost):node"] }
        return ["-np", "\(ranks)"] + elsewhere + (processors == nil ? binding?.options ?? [] : RankBinding.none.options)
            + (ranks > cores ? ["--oversubscribe", "--mca", "mpi_yield_when_idle", "1"] : [])
    }

    private var isFaultPlanted: Bool { getenv(Self.plantedFault) != nil && !withheld.contains(Self.plantedFault) }
    static let plantedFault = "LOCKSTEP_FAULT"

    /// Without what a launcher around this process has left, which would make mpirun take itself for a rank; with one thread of BLAS for a
    /// rank; with Open MPI's two permissions where this is root.
    static func cleanedEnvironment(_ environment: [String: String], isRoot: Bool) -> [String: String] {
        let launchers = ["OMPI_COMM_", "OMPI_MCA_orte_", "OMPI_MCA_ess_", "OMPI_UNIVERSE_", "PMIX_", "PMI_", "ORTE_"]
        var cleaned = environment.filter { name, _ in !launchers.contains { name.hasPrefix($0) } }
        (cleaned["OPENBLAS_NUM_THREADS"], cleaned["OMP_NUM_THREADS"]) = ("1", "1")
        if isRoot { (cleaned["OMPI_ALLOW_RUN_AS_ROOT"], cleaned["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"]) = ("1", "1") }
        return cleaned
    }
}
