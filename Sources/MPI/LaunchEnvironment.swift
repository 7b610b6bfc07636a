import Diagnostics
import Glibc

/// What the launcher (mpirun, mpiexec, srun) says about this process, read from the environment before MPI is started.
///
/// It serves to notice that an mpirun belongs to another MPI than the library: then each process is a world of one, and four
/// processes would train four networks and write over each other's files, without an error anywhere.
public struct LaunchEnvironment: Equatable, Sendable {
    /// Whose variables were found, in words.
    public let launcher: String
    /// This process's rank in the world.
    public let rank: Int
    /// How many ranks were started; nil where the launcher does not tell (bare PMIx).
    public let size: Int?
    /// How many of them are on this host; nil where the launcher does not tell.
    public let localSize: Int?

    /// What this process was started with; nil if no launcher started it.
    public static var current: LaunchEnvironment? {
        LaunchEnvironment { name in getenv(name).map { String(cString: $0) } }
    }

    public init(launcher: String, rank: Int, size: Int?, localSize: Int?) {
        self.launcher = launcher
        self.rank = rank
        self.size = size
        self.localSize = localSize
    }

    /// Reads the variables of the launchers that are known; the innermost one that could have started this process wins.
    ///
    /// Slurm sets SLURM_PROCID in a batch script too, where nothing has been started yet: only a step counts. Within a step, an
    /// mpirun's own variables come first, because its ranks inherit those of the step in which it runs.
    public init?(reading variable: (String) -> String?) {
        func number(_ name: String) -> Int? { variable(name).flatMap { Int($0) } }
        if let size = number("OMPI_COMM_WORLD_SIZE") {
            self.init(
                launcher: Self.openMPI, rank: number("OMPI_COMM_WORLD_RANK") ?? 0, size: size,
                localSize: number("OMPI_COMM_WORLD_LOCAL_SIZE"))
        } else if let size = number("PMI_SIZE") {
            self.init(
                launcher: "a PMI launcher (MPICH's mpiexec, or srun)", rank: number("PMI_RANK") ?? 0, size: size,
                localSize: number("MPI_LOCALNRANKS"))
        } else if let size = number("SLURM_STEP_NUM_TASKS"), let rank = number("SLURM_PROCID") {
            let here = variable("SLURM_STEP_TASKS_PER_NODE").flatMap { Self.tasks(onNode: number("SLURM_NODEID") ?? 0, in: $0) }
            self.init(launcher: "Slurm's srun", rank: rank, size: size, localSize: here)
        } else if let rank = number("PMIX_RANK") {
            self.init(launcher: "a PMIx launcher", rank: rank, size: nil, localSize: nil)
        } else {
            return nil
        }
    }

    /// Whether Open MPI's own mpirun started this process.
    public var isOpenMPI: Bool { launcher == Self.openMPI }

    private static let openMPI = "Open MPI's mpirun"

    /// Compares with what MPI says once it is started.
    ///
    /// - Throws: `Failure(.mpi)` where the launcher and the library disagree about the world.
    func check(rank mpiRank: Int, size mpiSize: Int, library: String) throws {
        guard rank >= mpiSize || size.map({ $0 != mpiSize }) ?? false else { return }
        let found = size.map { "rank \(rank) of \($0)" } ?? "rank \(rank)"
        throw Failure(
            .mpi,
            "started as \(found) by \(launcher), but MPI says rank \(mpiRank) in a world of \(mpiSize): this launcher belongs to "
                + "another MPI than the libmpi that lockstep is linked with; found library version \(library); use its mpirun")
    }

    /// Reads Slurm's list of tasks per node, such as `4(x2),3`: four on each of the first two nodes and three on the next.
    private static func tasks(onNode node: Int, in list: String) -> Int? {
        var nodes = 0
        for item in list.split(separator: ",") {
            let parts = item.split { "(x)".contains($0) }
            guard let tasks = parts.first.flatMap({ Int($0) }) else { return nil }
            nodes += parts.count > 1 ? Int(parts[1]) ?? 1 : 1
            if node < nodes { return tasks }
        }
        return nil
    }
}
