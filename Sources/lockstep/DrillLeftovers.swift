import ArgumentParser
import Cluster

/// What a drill starts on every host of a training that is over.
struct DrillLeftovers: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill-leftovers", abstract: "Ends what still works on a run directory; fails where anything does.",
        shouldDisplay: false)

    @Argument var directory: String

    func run() throws {
        if try HostProcess.endAll(workingOn: directory) { throw ExitCode.failure }
    }
}
