import ArgumentParser
import Diagnostics
import Foundation
import MPI
import Training

/// How a command ends when something went wrong: one message and one documented exit code.
enum Ending {
    /// Ends a process that is not, or not yet, in MPI.
    ///
    /// Every rank of an mpirun meets a wrong flag alike: rank 0 tells it, and mpirun ends the others while they wait. A rank that is still
    /// there has met its fault alone, and tells it.
    static func end(with error: any Error) -> Never {
        let code = exitCode(of: error)
        if let launch = LaunchEnvironment.current, launch.rank != 0 {
            Thread.sleep(forTimeInterval: 3)
            complain("rank \(launch.rank) on \(ProcessInfo.processInfo.hostName):")
        }
        tell(error)
        exit(code)
    }

    /// Runs a rank command's work in MPI's world, and ends every rank within seconds if it fails on any.
    ///
    /// - Parameter deadline: of MPI's own start.
    static func withWorld(deadline: TimeSpan = Execution().deadline, _ work: (Communicator) throws -> Void) throws {
        let world = try startMPI(deadline)
        do {
            try work(world)
            try finaliseMPI(world, deadline)
        } catch let agreed as AgreedFailure {
            // All ranks are here: one of them tells it, and all end MPI in good order.
            if world.rank == 0 { tell(agreed) }
            try? finaliseMPI(world, deadline)
            exit(agreed.failure.kind.rawValue)
        } catch  where world.size == 1 {
            // Nobody else is to be ended, so MPI's own words about an abort would only stand in the way of the message.
            try? MPIEnvironment.finalise()
            end(with: Failure(reporting: error))
        } catch {
            // The others do not know: they may wait for this rank in a collective, and must be ended.
            let failure = Failure(reporting: error)
            complain("error: rank \(world.rank) on \(world.hostName): \(failure.description)")
            world.abort(code: failure.kind.rawValue)
        }
    }

    /// Starts MPI, where each rank waits for all others; a start that does not get on is ended by the deadline.
    private static func startMPI(_ deadline: TimeSpan) throws -> Communicator {
        try within(
            deadline, rank: LaunchEnvironment.current?.rank ?? 0, what: "started",
            reason:
                "not all ranks' processes have come to its start, or their hosts do not reach one another. 'lockstep doctor', with the "
                + "job's -np and --hostfile, looks for the reason"
        ) { try MPIEnvironment.initialise() }
    }

    /// Ends MPI, where ranks wait for one another once more, in the same way.
    private static func finaliseMPI(_ world: Communicator, _ deadline: TimeSpan) throws {
        try within(
            deadline, rank: world.rank, what: "ended",
            reason: "a rank is stopped or gone, or the hosts no longer reach one another; what this job had to write is written"
        ) { try MPIEnvironment.finalise() }
    }

    private static func within<Result>(
        _ deadline: TimeSpan, rank: Int, what: String, reason: String, _ work: () throws -> Result
    ) rethrows -> Result {
        // Short deadlines are meant for steps; processes may have to be loaded from a slow disk first.
        let allowance = TimeSpan(seconds: deadline.seconds + 15)
        let watch = DispatchWorkItem {
            complain(
                "error: rank \(rank) on \(ProcessInfo.processInfo.hostName): MPI has not \(what) within \(allowance) (--deadline and 15s): "
                    + reason)
            _exit(Failure.Kind.deadline.rawValue)
        }
        // Rank 0 speaks for all; where it is missing itself, the others do.
        let seconds = allowance.seconds + (rank == 0 ? 0 : 2)
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds), execute: watch)
        defer { watch.cancel() }
        return try work()
    }

    private static func exitCode(of error: any Error) -> Int32 {
        switch error {
        case let failure as Failure: failure.kind.rawValue
        case let agreed as AgreedFailure: agreed.failure.kind.rawValue
        default: Lockstep.exitCode(for: error).rawValue
        }
    }

    private static func tell(_ error: any Error) {
        switch error {
        case let failure as Failure: complain("error: \(failure.description)")
        case let agreed as AgreedFailure where agreed.failure.kind == .stopped: complain(agreed.description)
        case let agreed as AgreedFailure: complain("error: \(agreed.description)")
        default:
            let message = Lockstep.fullMessage(for: error)
            if Lockstep.exitCode(for: error).isSuccess { print(message) } else { complain(message) }
        }
    }
}

/// Writes a line to standard error.
func complain(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
}
