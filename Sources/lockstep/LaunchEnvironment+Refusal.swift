import Diagnostics
import MPI

extension LaunchEnvironment {
    /// For commands that start mpirun themselves: by mpirun, each rank would start a whole job of its own.
    ///
    /// - Throws: `Failure.usage` where a launcher started this process as one of several, or Open MPI's mpirun started it at all: an
    ///   mpirun does not start within another. A Slurm step of one task is no more than a shell.
    static func refuse(for command: String) throws {
        guard let launch = current, launch.size != 1 || launch.isOpenMPI else { return }
        throw Failure(.usage, "\(command) starts mpirun itself, found it started by \(launch.launcher): start it without mpirun")
    }
}
