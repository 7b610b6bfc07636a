import ArgumentParser
import Cluster
import Diagnostics
import Foundation
import MPI
import Training

struct Launch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start training under mpirun, and start it again from its newest checkpoint when it fails.",
        discussion: """
            Where a host is gone, it is left out, and the run goes on with as many ranks as the others take and its batch admits. A run \
            directory that holds a checkpoint is gone on with, so that a job that was put back into the queue is started by the same \
            line. SIGTERM, SIGINT or SIGUSR1 have the ranks write a checkpoint and end, with exit code 75; a second one ends at once. \
            What started again is no help for is not: exit codes 64, 65, 66 and 76.

            lockstep launch -np 4 -- train recipe.yaml --run runs/a
            lockstep launch -np 16 --hostfile hosts --max-restarts 10 -- train recipe.yaml --run runs/b --checkpoint-every 10m
            """)

    @Option(name: [.customLong("np"), .customLong("np", withSingleDash: true)], help: "The ranks.")
    var ranks: Int

    @Option(help: "The hosts, as Open MPI has them: a line for each, as in 'node1 slots=8'. (default: this one)")
    var hostfile: String?

    @Option(parsing: .unconditional, help: "How often a job that failed is started again.")
    var maxRestarts = 3

    @Argument(parsing: .postTerminator, help: "'train' and its arguments, behind '--'.")
    var command: [String]

    func run() throws {
        try LaunchEnvironment.refuse(for: "launch")
        try Experiment.check(ranks, "-np")
        try Experiment.check(maxRestarts, "--max-restarts", from: 0)
        guard command.first == "train" else {
            throw Failure(.usage, "found '\(shellCommand(command))' behind '--', expected 'train' and its arguments")
        }
        guard !command.contains(where: { $0 == "--resume" || $0.hasPrefix("--resume=") }) else {
            throw Failure(
                .usage, "found --resume, which launch gives by itself where the run directory holds a checkpoint: leave it out")
        }
        guard let train = try Lockstep.parseAsRoot(command) as? Train else {
            throw Failure(.usage, "found '\(shellCommand(command))' behind '--', expected 'train' and its arguments")
        }
        let execution = try train.recipe.map(Recipe.read)?.execution
        let given = train.runDirectory ?? execution?.run
        let run = try given.map(RunDirectory.init(path:)) ?? .makeNextFree(named: train.model ?? "launch")
        let code = try Supervision(
            ranks: ranks, hosts: hostfile.map(Hostfile.init(path:)),
            arguments: droppingOption("--time-limit", from: droppingOption("--run", from: command)) + ["--run", run.path],
            run: Supervision.Run(
                path: run.path, failure: run.failure, recorder: run.recorder, completions: RunState.completions,
                stopping: RunState.stopping,
                timeLimit: (train.timeLimit ?? execution?.timeLimit).map { .seconds($0.seconds) },
                holdsCheckpoint: { (try? run.holdsCheckpoint()) ?? false },
                admits: { ranks in (try? run.read().experiment.admits(ranks: ranks)) ?? true }),
            maxRestarts: maxRestarts, tell: { complain("launch: \($0)") }
        ).toTheEnd()
        if code != 0 { Foundation.exit(code) }
    }
}
