import Foundation

/// Runs a program as the ranks of an MPI job on this machine.
///
/// More ranks than cores are allowed, and ranks that wait give their core away. One job at a time: suites run side by side, and two
/// jobs would share the same few cores. Suites that start jobs are `.serialized` all the same, so that they block one thread only.
///
/// - Parameters:
///   - program: the path of the program.
///   - options: further options of mpirun.
///   - timeLimit: in seconds; a job that hangs is a failure, and nothing of it remains.
public func mpirun(
    ranks: Int, _ program: String, _ arguments: [String] = [], options: [String] = [],
    environment: [String: String] = Subprocess.cleanEnvironment(), timeLimit: Double = 60
) throws -> Subprocess {
    var environment = environment
    if geteuid() == 0 {
        environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
        environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    }
    let command = ["-np", "\(ranks)", "--oversubscribe", "--mca", "mpi_yield_when_idle", "1"] + options + [program] + arguments
    return try oneJobAtATime.withLock {
        try Subprocess.run("mpirun", command, environment: environment, timeLimit: timeLimit)
    }
}

private let oneJobAtATime = NSLock()
