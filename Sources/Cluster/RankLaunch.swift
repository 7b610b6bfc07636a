import Diagnostics
import Foundation
import Synchronization

/// A rank command of this very executable as the ranks of an MPI job on this host, started by mpirun.
public struct RankLaunch: Sendable {
    public let ranks: Int
    public let arguments: [String]

    public init(ranks: Int, arguments: [String]) {
        (self.ranks, self.arguments) = (ranks, arguments)
    }

    /// Runs the job to its end.
    ///
    /// - Parameter output: the file that takes all that mpirun and the ranks write.
    /// - Returns: mpirun's exit code.
    /// - Throws: `Failure.missing` where there is no mpirun, `Failure.io` where the output cannot be written.
    public func run(output: String) throws -> Int32 {
        guard FileManager.default.createFile(atPath: output, contents: nil), let file = FileHandle(forWritingAtPath: output) else {
            throw Failure(.io, "\(output) cannot be written")
        }
        let process = Process()
        process.executableURL = try Self.mpirun()
        process.arguments = try options + [Self.executable()] + arguments
        process.environment = Self.cleanedEnvironment(ProcessInfo.processInfo.environment, isRoot: geteuid() == 0)
        process.standardInput = FileHandle.nullDevice
        (process.standardOutput, process.standardError) = (file, file)
        do { try process.run() } catch {
            throw Failure(.missing, "mpirun cannot be started: \(error.localizedDescription)")
        }
        Self.waitForEnd(of: process)
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    /// Waits for the job's end. SIGINT and SIGTERM, which do not reach it by themselves, end the job first and then this process.
    private static func waitForEnd(of process: Process) {
        let (job, received) = (process.processIdentifier, ReceivedSignal())
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                received.number.withLock { $0 = number }
                kill(job, SIGTERM)
            }
            source.resume()
            return source
        }
        process.waitUntilExit()
        for source in sources { source.cancel() }
        for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
        let number = received.number.withLock { $0 }
        if number != 0 { raise(number) }
    }

    /// The last signal that was to end this process; 0 for none.
    private final class ReceivedSignal: Sendable {
        let number = Mutex<Int32>(0)
    }

    /// Where ranks exceed cores they are allowed to take turns, and give their core away while they wait: busy waiting makes a small sum
    /// thousands of times slower.
    var options: [String] {
        ["-np", "\(ranks)"] + (ranks > Cores.physical ? ["--oversubscribe", "--mca", "mpi_yield_when_idle", "1"] : [])
    }

    /// Without what a launcher around this process has left, which would make mpirun take itself for a rank; with one thread of BLAS for a
    /// rank; with Open MPI's two permissions where this is root.
    static func cleanedEnvironment(_ environment: [String: String], isRoot: Bool) -> [String: String] {
        let launchers = ["OMPI_COMM_", "OMPI_MCA_orte_", "OMPI_MCA_ess_", "OMPI_UNIVERSE_", "PMIX_", "PMI_", "ORTE_"]
        var cleaned = environment.filter { name, _ in !launchers.contains { name.hasPrefix($0) } }
        (cleaned["OPENBLAS_NUM_THREADS"], cleaned["OMP_NUM_THREADS"]) = ("1", "1")
        if isRoot { (cleaned["OMPI_ALLOW_RUN_AS_ROOT"], cleaned["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"]) = ("1", "1") }
        return cleaned
    }

    private static func mpirun() throws -> URL {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        guard let folder = folders.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/mpirun") }) else {
            throw Failure(.missing, "there is no mpirun in PATH: install Open MPI (apt-get install openmpi-bin), or add its folder")
        }
        return URL(fileURLWithPath: "\(folder)/mpirun")
    }

    private static func executable() throws -> String {
        do { return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") } catch {
            throw Failure(.io, "/proc/self/exe does not tell which executable this is: \(error.localizedDescription)")
        }
    }
}
