import ArgumentParser
import Diagnostics

/// The root of all commands.
@main
struct Lockstep: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lockstep",
        abstract: "Synchronous distributed training of convolutional networks over MPI, on CPUs.",
        discussion: """
            One rank:    lockstep train --model lenet5 --data DIR
            Four ranks:  mpirun -np 4 lockstep train --model lenet5 --data DIR

            Exit codes: 0 done; 64 wrong command line or recipe; 65 bad data or checkpoint; 66 something is not there; 69 MPI or this \
            CPU cannot be used; 70 a fault of lockstep's own; 74 something cannot be read or written; 75 stopped as asked, to be \
            gone on with; 76 training diverged; 80 a rank was lost; 81 a rank waited beyond the deadline; 82 ranks differ.
            """,
        version: "\(Release.version), built for \(ProcessorCheck.target)",
        subcommands: [
            Train.self, Launch.self, Evaluate.self, Verify.self, DrillCommand.self, DrillLeftovers.self, Inspect.self,
            Visualize.self, PlanCommand.self, ModelCommand.self, RecipeCommand.self, DataCommand.self, StudyCommand.self,
            ScalingCommand.self, Doctor.self, DoctorProbe.self, JobCommand.self, Bench.self, ReportCommand.self, Watch.self,
        ])

    static func main() {
        ProcessorCheck.run()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            Ending.end(with: error)
        }
    }
}
