import ArgumentParser
import Diagnostics
import Foundation
import MPI
import Networks
import Scaling
import Timing
import Training

struct BenchTraining: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "training",
        abstract: "Training steps of a recipe, on its data and under mpirun over all ranks, and where each rank's time goes.",
        discussion: """
            Steps as 'lockstep train' takes them: data, exchange and comparisons of replicas included; nothing is evaluated or logged. Each \
            part is timed by itself, and 'clock' is another clock around the whole steps. A rank waits for others until the last one has come to \
            an exchange; what it waits from then on is transfer that is not hidden. Parts are milliseconds of a step, means over the steps. \
            'slowest' says in what share of the steps a rank had the most work of its own. Short batches at an epoch's end are left out.

            mpirun -np 2 lockstep bench training recipe.yaml --data data/cifar10 --steps 100 --record steps.json
            """)

    @Argument(help: "A recipe in YAML, or the name of a built-in one ('lockstep recipe list').")
    var recipe: String?

    @Option(help: "A built-in model; 'lockstep model list' shows them.")
    var model: String?

    @Option(help: "The directory of the data set.")
    var data: String?

    @OptionGroup var batch: BatchOptions

    @OptionGroup var strategy: StrategyOptions

    @Option(parsing: .unconditional, help: "Steps that are measured.")
    var steps = 100

    @Option(parsing: .unconditional, help: "Warm-up steps, which are not measured.")
    var warmUp = 10

    @Option(parsing: .unconditional, help: "Steps between two checkpoints, whose cost is told; 0 for none.")
    var checkpointEvery = 0

    @Option(parsing: .unconditional, help: "The longest that a stage of the start lasts. (default: the recipe's, else 5m)")
    var deadline: TimeSpan?

    @Option(help: "The file that takes all that was measured, in JSON.")
    var record: String?

    @Option(
        help:
            "Sleep what computing took in this record of one rank, instead of computing; the exchange is real. Not where layers are divided."
    )
    var replay: String?

    @Flag(help: "Each rank trains alone, all of them at once, without any exchange: what the machine itself allows.")
    var independent = false

    @Flag(
        help:
            "With --independent: each rank goes by the step program of several, whose buckets it exchanges with nobody; predictions are made from it."
    )
    var asOneOfMany = false

    @Option(name: .customLong("run"), help: "The run directory. (default: the next free one in runs/)")
    var runDirectory: String?

    func run() throws {
        try Experiment.check(steps, "--steps")
        try Experiment.check(warmUp, "--warm-up", from: 0)
        try Experiment.check(checkpointEvery, "--checkpoint-every", from: 0)
        guard independent || !asOneOfMany else {
            throw Failure(.usage, "--as-one-of-many is of ranks that train alone: give --independent too")
        }
        let measurement = StepMeasurement(
            steps: steps, warmUp: warmUp, checkpointEvery: checkpointEvery, replay: try replay.map(StepRecord.readComputing))
        let recipe = try recipe.map(Recipe.read)
        let model = try model.map(BuiltInModel.init(named:))
        func request(run: String?) -> TrainingRequest {
            TrainingRequest(
                recipe: recipe, model: model, resume: nil, isOneOfMany: asOneOfMany, command: CommandLine.arguments,
                settings: settings(run: run))
        }
        try Ending.withWorld(deadline: request(run: nil).deadline) { world in
            let console = Console(world: world)
            console.warnOfSharedCores()
            let records =
                independent
                ? try alone(measurement, request(run: runDirectory.map { "\($0)/copy-\(world.rank)" }), console, world)
                : [
                    try TrainingSession(request(run: runDirectory), world: world, reporter: console) { complain("error: \($0)") }
                        .measure(measurement)
                ]
            try world.agreed {
                guard world.rank == 0 else { return }
                if let record { try StepRecord.write(records, to: record) }
                for record in records {
                    record.table.text().forEach { print($0) }
                    if checkpointEvery > 0 { print(text(CheckpointSlowdown(record))) }
                }
            }
        }
    }

    private func text(_ slowdown: CheckpointSlowdown?) -> String {
        guard let slowdown else { return "checkpoints: too few, or too close to one another, to tell what they cost" }
        func percent(_ ratio: Double) -> String { rounded(100 * (ratio - 1), 1) }
        let ratio = slowdown.ratio
        let interval = ratio.low.isFinite ? " (95 % interval \(percent(ratio.low)) – \(percent(ratio.high)) %)" : ""
        return
            "checkpoints: the \(slowdown.steps) steps that begin with one take \(percent(ratio.median)) % longer than as many that precede the next one\(interval), "
            + "median of \(ratio.ratios.count)"
    }

    /// Every rank's measurement, in the order of ranks, of a world of its own.
    private func alone(
        _ measurement: StepMeasurement, _ request: TrainingRequest, _ console: Console, _ world: Communicator
    ) throws -> [StepRecord] {
        let own = try world.split(color: world.rank, key: 0)
        let session = try world.agreed {
            try Self.told { try TrainingSession(request, world: own, reporter: console) { complain("error: \($0)") } }
        }
        try world.barrier()
        let bytes = try world.agreed { Array(try JSONEncoder().encode(try Self.told { try session.measure(measurement) })) }
        let all = try world.allGather(bytes: bytes)
        return try world.agreed { try all.map { try JSONDecoder().decode(StepRecord.self, from: Data($0)) } }
    }

    /// What the ranks of a smaller world agreed on is news to the others.
    private static func told<Result>(_ work: () throws -> Result) throws -> Result {
        do { return try work() } catch let agreed as AgreedFailure { throw agreed.failure }
    }

    private func settings(run: String?) -> @Sendable (inout Recipe) -> Void {
        { [self] recipe in
            batch.change(&recipe)
            recipe.set(deadline, \.execution.deadline)
            recipe.set(data.map(Optional.some), \.execution.data)
            recipe.set(run.map(Optional.some), \.execution.run)
            strategy.change(&recipe)
            // Every epoch has at least one step of a whole batch, so that these are enough.
            recipe.experiment.epochs = max(recipe.experiment.epochs, steps + warmUp)
        }
    }
}
