import ArgumentParser
import Benchmarks
import Diagnostics
import Foundation
import Kernels
import MPI
import Networks
import Parallelism
import Training
import Tuning

struct BenchStep: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Images per second of training steps on synthetic images, and where the time goes.",
        discussion: """
            prepare, forward, backward and update are the CPU milliseconds of one step: gradients cleared and weights laid out, the passes, the \
            optimiser (SGD with momentum). Images are ready in memory. GFLOP/s counts three times the forward multiply-adds of convolutions and \
            linear layers, without the first layer's gradient with respect to the images. Memory is by how much the largest resident size \
            rose, from before the plan was made; for several models give each a process of its own.

            Under mpirun each rank computes its micro-batches of every step, and the ranks exchange gradients as in training. The step is the \
            slowest rank's, images/s, GFLOP/s and peak are those of all ranks together, and the phases are wall milliseconds, means over the \
            ranks; exchange also holds what a rank waits for the others.

            taskset -c 0 lockstep bench step --models lenet5,resnet20
            mpirun -np 2 lockstep bench step --models lenet5 --batch 256 --micro-batches 2
            mpirun -np 2 lockstep bench step --models alexnet32 --parallelism hybrid --scheme b
            """)

    @Option(help: "Built-in models or files, separated by commas.")
    var models: String

    @Option(help: "Samples per step, over all ranks.")
    var batch = 128

    @Option(help: "Parts of a step's batch, of which each rank takes whole ones; BatchNorm takes its statistics over each.")
    var microBatches = 1

    @Option(help: "Seconds to measure each model for.")
    var seconds = 3.0

    @Option(help: "Height, width and channels of the images, as in 32x32x3.")
    var input: ShapeArgument?

    @Option(help: "The kernels of convolutions: auto, or im2col for the column matrix and BLAS everywhere.")
    var convolution = ConvolutionPolicy.automatic

    @OptionGroup var strategy: StrategyOptions

    @Flag(
        help:
            "Leave the exchange of gradients out: what the step would take if nothing had to travel. Only for --parallelism replicated."
    )
    var withoutExchange = false

    @Flag(help: "One line of JSON for each model; times in seconds, rates by CPU and by wall time.")
    var json = false

    func run() throws {
        try Experiment.check(batch, "--batch")
        try Experiment.check(microBatches, "--micro-batches")
        guard seconds > 0 && seconds <= 3_600 else {
            throw Failure(.usage, "--seconds: found \(seconds), expected a number above 0 and at most 3600")
        }
        // A wrong name is told before anything is measured.
        let models = try models.split(separator: ",").map { try namedModel(String($0), input: input, classes: nil) }
        guard !models.isEmpty else { throw Failure(.usage, "--models names no model") }
        let benchmarks = try models.map(benchmark(of:))
        if LaunchEnvironment.current == nil {
            try measure(benchmarks, world: nil)
        } else {
            try Ending.withWorld { try measure(benchmarks, world: $0) }
        }
    }

    /// SGD at rate 0.01 with momentum 0.9, over softmax cross-entropy.
    private func benchmark(of model: Model) throws -> StepBenchmark {
        var recipe = Recipe(experiment: Experiment(model: .described(model)))
        recipe.experiment.globalBatch = batch
        recipe.experiment.microBatches = microBatches
        recipe.experiment.convolution = convolution
        recipe.experiment.optimiser.momentum = 0.9
        strategy.change(&recipe)
        try recipe.validate()
        guard !withoutExchange || recipe.execution.parallelism == .replicated else {
            throw Failure(
                .usage,
                "--without-exchange: found --parallelism \(recipe.execution.parallelism.rawValue), expected replicated ranks")
        }
        var benchmark = StepBenchmark(recipe)
        (benchmark.duration, benchmark.exchangesGradients) = (seconds, !withoutExchange)
        return benchmark
    }

    private func measure(_ benchmarks: [StepBenchmark], world: Communicator?) throws {
        let phases = SyntheticStep.Phase.ofStep(exchanging: world != nil)
        let width = max(5, try benchmarks.map { try $0.recipe.experiment.resolvedModel().name.count }.max() ?? 0)
        let table = BenchTable(
            columns: [("model", -width), ("images/s CPU", 12), ("wall", 8), ("ms CPU", 8), ("wall", 8)]
                + phases.map { ($0.rawValue, 8) }
                + [("GFLOP/s", 8), ("peak", 6), ("% peak", 7), ("memory MB", 9), ("sent MB", 8)])
        let isTold = world?.rank ?? 0 == 0
        if isTold && !json { table.printTitles() }
        for benchmark in benchmarks {
            let result = try benchmark.run(over: world)
            guard isTold else { continue }
            if json { try printJSON(Line(result)) } else { printRow(of: result, in: table) }
        }
    }

    private func printRow(of result: StepBenchmark.Result, in table: BenchTable) {
        // Waiting for other ranks is no work of this one's, so over ranks wall time counts.
        let clock: KeyPath<Seconds, Double> = result.ranks == nil ? \.cpu : \.wall
        table.printRow(
            [
                result.model, rounded(result.imageRate(\.cpu), 1), rounded(result.imageRate(\.wall), 1),
                rounded(result.step.cpu * 1e3, 2), rounded(result.step.wall * 1e3, 2),
            ] + result.phases.map { rounded($0.seconds[keyPath: clock] * 1e3, 2) } + [
                rounded(result.flopRate * 1e-9, 1), rounded(result.peak * 1e-9, 1), rounded(100 * result.flopRate / result.peak, 0),
                result.memoryGrowth.map { rounded(Double($0) * 1e-6, 0) } ?? "?", rounded(result.sentBytes * 1e-6, 2),
            ])
    }
}

/// A result as scripts read it.
private struct Line: Encodable {
    let model: String
    /// Absent without MPI.
    let ranks: Int?
    let batch: Int
    let microBatches: Int
    let convolution: ConvolutionPolicy
    let parallelism: ParameterPlacement
    let scheme: HybridScheme?
    /// Nil for one step of all layers.
    let variableBatchPasses: Int?
    let exchange: ExchangeMethod
    let overlap: Bool
    let bucketSize: Int
    let wire: WireType
    let reproducible: Bool
    let exchangesGradients: Bool
    let steps: Int
    let imagesPerSecond: [String: Double]
    /// Of one step.
    let seconds: [String: Double]
    /// CPU seconds of one step, and wall seconds.
    let phases: [String: Double]
    let wallPhases: [String: Double]
    let lossOfThirdStep: Double
    let flopsPerSecond: Double
    let peakFlopsPerSecond: Double
    let memoryBytes: Int?
    /// Of one rank in one step, as messages.
    let sentBytes: Double

    init(_ result: StepBenchmark.Result) {
        model = result.model
        ranks = result.ranks
        batch = result.experiment.globalBatch
        microBatches = result.experiment.microBatches
        convolution = result.experiment.convolution
        let (experiment, execution) = (result.experiment, result.execution)
        parallelism = execution.parallelism
        scheme = execution.parallelism == .hybrid ? execution.scheme : nil
        variableBatchPasses = experiment.variableBatch?.passes
        (exchange, overlap, bucketSize) = (execution.exchange, execution.overlap, execution.bucketSize)
        (wire, reproducible) = (experiment.wire, experiment.reproducible)
        exchangesGradients = result.exchangesGradients
        steps = result.steps
        imagesPerSecond = ["cpu": result.imageRate(\.cpu), "wall": result.imageRate(\.wall)]
        self.seconds = ["cpu": result.step.cpu, "wall": result.step.wall]
        func seconds(_ clock: KeyPath<Seconds, Double>) -> [String: Double] {
            Dictionary(uniqueKeysWithValues: result.phases.map { ($0.phase.rawValue, $0.seconds[keyPath: clock]) })
        }
        phases = seconds(\.cpu)
        wallPhases = seconds(\.wall)
        lossOfThirdStep = result.lossOfThirdStep
        flopsPerSecond = result.flopRate
        peakFlopsPerSecond = result.peak
        memoryBytes = result.memoryGrowth
        sentBytes = result.sentBytes
    }

    enum CodingKeys: String, CodingKey {
        case model, ranks, batch, convolution, parallelism, scheme, exchange, overlap, wire, reproducible, steps, seconds, phases
        case variableBatchPasses = "variable-batch-passes"
        case bucketSize = "bucket-size"
        case exchangesGradients = "exchanges-gradients"
        case wallPhases = "wall-phases"
        case lossOfThirdStep = "loss-of-third-step"
        case microBatches = "micro-batches"
        case imagesPerSecond = "images-per-second"
        case flopsPerSecond = "flops-per-second"
        case peakFlopsPerSecond = "peak-flops-per-second"
        case memoryBytes = "memory-bytes"
        case sentBytes = "sent-bytes"
    }
}
