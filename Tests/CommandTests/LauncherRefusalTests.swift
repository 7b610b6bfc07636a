import TestSupport
import Testing

/// Commands that start mpirun themselves refuse to be started by it: each rank would start a job of its own.
@Suite(.timeLimit(.minutes(3))) struct LauncherRefusalTests {
    static let commands = [
        ["doctor"], ["drill"], ["launch", "-np", "2", "--", "train"], ["scaling", "lenet5-cifar10"], ["study", "batch-size"],
        ["verify"],
    ]

    @Test(arguments: commands) func isRefusedUnderMPIRun(command: [String]) throws {
        try withTemporaryDirectory { directory in
            let place = Workplace(directory: directory)
            let words = "\(command[0]) starts mpirun itself, found it started by Open MPI's mpirun: start it without mpirun"
            for ranks in [1, 2] { expectFailure(try place.lockstep(command, ranks: ranks), code: 64, words) }
        }
    }

    /// A Slurm step of several tasks is refused, too; one of a single task is a shell, and what is told is what is wrong with the line.
    @Test func aSlurmStepOfOneTaskIsAShell() throws {
        try withTemporaryDirectory { directory in
            let place = Workplace(directory: directory)
            func run(tasks: Int) throws -> Subprocess {
                try place.lockstep(
                    ["verify", "--np", "1"], environment: ["SLURM_STEP_NUM_TASKS": "\(tasks)", "SLURM_PROCID": "0"])
            }
            expectFailure(try run(tasks: 2), code: 64, "found it started by Slurm's srun: start it without mpirun")
            expectFailure(try run(tasks: 1), code: 64, "--np: found '1'")
        }
    }
}
