import ArgumentParser
import Cluster
import Datasets
import Diagnostics
import Foundation
import Training

struct JobCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job",
        abstract: "Write a job file for Slurm, PBS or Kubernetes that trains a recipe.",
        discussion: """
            The first start and every later one are the same line: what has a checkpoint goes on from it. A preemptable job is told to stop before its \
            time is over, writes a checkpoint and is put into the queue again; with --array, each value of an option of 'lockstep train' is a job of \
            its own. Options of 'lockstep train' stand behind --.

            lockstep job slurm recipe.yaml --data data/cifar10 --nodes 4 --ranks-per-node 8 --time 12:00:00 --preemptable --output train.sbatch
            lockstep job pbs resnet20-cifar10 --data data/cifar10 --nodes 2 --array learning-rate=0.1,0.03 -- --seed 2
            """)

    @Argument(help: "slurm, pbs or kubernetes.")
    var system: JobRequest.System

    @Argument(help: "A recipe in YAML, or the name of a built-in one ('lockstep recipe list').")
    var recipe: String

    @Option(help: "Hosts.")
    var nodes: Int

    @Option(help: "Ranks on each host, a core each. (default: as many as this host has cores)")
    var ranksPerNode: Int?

    @Option(help: "How long the job may take: 55m, 2h, 12:00:00 or 2-00:00:00.")
    var time = "1h"

    @Option(help: "Slurm's partition, or the queue of PBS or of Kubernetes' scheduler.")
    var partition: String?

    @Option(help: "The directory of the data set, the same on every host. (default: the recipe's)")
    var data: String?

    @Option(help: "The container image, for Kubernetes.")
    var image: String?

    @Option(help: "What starts the ranks: mpirun; srun, under Slurm, by PMIx; or launch, which starts again what failed.")
    var starter = JobRequest.Starter.mpirun

    @Flag(
        help:
            "The job may be ended to make room for others: it writes a checkpoint when told to, every ten minutes too, and goes on later."
    )
    var preemptable = false

    @Option(help: "A job for each value of an option of 'lockstep train', such as learning-rate=0.1,0.03,0.01.")
    var array: String?

    @Option(help: "The file to write. (default: standard output)")
    var output: String?

    @Argument(parsing: .postTerminator, help: "Options of 'lockstep train', behind --.")
    var training: [String] = []

    func run() throws {
        guard let data = try data ?? Recipe.read(recipe).execution.data else { throw Failure.noDataSet }
        var request = JobRequest(
            system, recipe: recipe, data: data, nodes: nodes, ranksPerNode: ranksPerNode ?? RankLaunch.cores(of: nil) ?? 1)
        request.time = try JobTime(parsing: time)
        (request.starter, request.partition, request.image) = (starter, partition, image)
        (request.isPreemptable, request.training) = (preemptable, training)
        request.sweep = try array.map(JobRequest.Sweep.init(parsing:))
        try request.check()
        for sample in request.trainingCommands { try Self.check(sample, ranks: request.ranks) }
        let text = try request.file()
        guard let output else { return print(text, terminator: "") }
        try Data(text.utf8).writeReplacing(output)
    }

    /// That `lockstep train` will understand its command line: better told now than when the job's turn has come.
    private static func check(_ words: [String], ranks: Int) throws {
        do {
            let train = try Train.parse(words)
            guard var recipe = try train.recipe.map(Recipe.read) else { return }
            train.batch.change(&recipe)
            // Nothing is known here of the data: a batch that they have no images for is not found yet.
            let batch = recipe.experiment.globalBatch
            _ = try BatchPartition(
                globalBatch: batch, microBatches: recipe.experiment.microBatches, ranks: ranks, samples: max(1, batch))
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.usage, "lockstep train \(shellCommand(words)): \(Train.message(for: error))")
        }
    }
}

extension JobRequest.System: ExpressibleByArgument {}
extension JobRequest.Starter: ExpressibleByArgument {}
