import ArgumentParser
import Datasets
import Diagnostics
import Foundation
import Kernels
import MPI
import Networks
import Parallelism
import Training

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a model; under mpirun, on all of its ranks in step.",
        discussion: """
            Settings come from a recipe file, from the run that is resumed, or from the flags alone; flags go over either. The global batch \
            is the only batch size, whatever the number of ranks, and the learning rate is never scaled.

            lockstep train --model lenet5 --data data/shapes10 --epochs 5
            mpirun -np 4 lockstep train recipe.yaml --learning-rate 0.02
            mpirun -np 2 lockstep train --resume --run runs/lenet5-cifar10-1 --epochs 20
            """)

    @Argument(help: "A recipe in YAML, or the name of a built-in one ('lockstep recipe list').")
    var recipe: String?

    @Option(help: "A built-in model; 'lockstep model list' shows them.")
    var model: String?

    @Option(
        help:
            "The directory of the data set: CIFAR-10, CIFAR-100, MNIST or Fashion-MNIST in their official layouts, or a packed one."
    )
    var data: String?

    @Option(parsing: .unconditional, help: "Epochs to train. (default: 10)")
    var epochs: Int?

    @Option(parsing: .unconditional, help: "End after this many steps, whatever the epochs say.")
    var maxSteps: Int?

    @OptionGroup var batch: BatchOptions

    @Option(parsing: .unconditional, help: "Training images held out for validation, by the split's own seed. (default: 0)")
    var validation: Int?

    @Option(parsing: .unconditional, help: "The share of the other training images to train on, 0 < share ≤ 1. (default: 1)")
    var subset: Double?

    @Flag(
        inversion: .prefixedNo, exclusivity: .exclusive,
        help: "BatchNorm's statistics over the global batch, instead of each micro-batch's own.")
    var syncBatchnorm: Bool?

    @Option(help: "The kernels of convolutions: auto, or im2col for the column matrix and BLAS everywhere. (default: auto)")
    var convolution: ConvolutionPolicy?

    /// Not `--tune`: mpirun takes that, wherever it stands, for an option of its own that names a file of parameters.
    @Flag(
        help:
            "Time the algorithms of each convolution before the first step, and train with the fastest; the recipe keeps the choice."
    )
    var tuneKernels = false

    @Option(parsing: .unconditional, help: "The learning rate at the start. (default: 0.01)")
    var learningRate: Double?

    @Option(parsing: .unconditional, help: "The momentum, 0 ≤ m < 1. (default: 0)")
    var momentum: Double?

    @Flag(inversion: .prefixedNo, exclusivity: .exclusive, help: "Nesterov's form of momentum.")
    var nesterov: Bool?

    @Option(parsing: .unconditional, help: "Weight decay (L2). (default: 0)")
    var weightDecay: Double?

    @Option(
        help:
            "How the learning rate changes: constant, step:EPOCHS:FACTOR, cosine or linear; a recipe can say more. (default: constant)"
    )
    var schedule: ScheduleArgument?

    @Option(help: "Random changes to training images: 'none', or 'standard' (mirror, and crop after padding by 4). (default: none)")
    var augment: AugmentationArgument?

    @Option(parsing: .unconditional, help: "The seed of everything that is drawn. (default: 1)")
    var seed: UInt64?

    @Option(name: .customLong("run"), help: "The run directory. (default: the next free one in runs/)")
    var runDirectory: String?

    @Option(
        defaultAsFlag: "",
        help: "Go on from the newest good checkpoint of the run directory, or from the checkpoint FILE.")
    var resume: String?

    @Option(parsing: .unconditional, help: "Checkpoints kept, the newest ones. (default: 3)")
    var keep: Int?

    @Option(
        parsing: .unconditional,
        help:
            "Write a checkpoint at this interval of steps, as in 100, or of time, as in 10m, beside those at the end of every epoch. (default: those alone)"
    )
    var checkpointEvery: CheckpointInterval?

    @Option(
        parsing: .unconditional,
        help:
            "Stop cleanly after this long, as in 55m or 1h30m: a checkpoint is written, and the exit code is 75. (default: none)"
    )
    var timeLimit: TimeSpan?

    @Option(
        parsing: .unconditional,
        help:
            "The longest that a rank waits for others or for its data, and that a stage of the start lasts; beyond it the job ends, and says which rank is at fault. (default: 5m)"
    )
    var deadline: TimeSpan?

    @Option(parsing: .unconditional, help: "Steps between two lines of a step in metrics.csv; 0 for none. (default: 50)")
    var logEvery: Int?

    @Option(
        parsing: .unconditional,
        help:
            "Epochs between two histograms of parameters and gradients among TensorBoard's events, which hold the first layer's filters then too; 0 for none. (default: 0)"
    )
    var histogramsEvery: Int?

    @OptionGroup var strategy: StrategyOptions

    @Option(
        parsing: .unconditional,
        help: "Steps between two comparisons of what all ranks hold, by a hash of each tensor; 0 for none. (default: 100)")
    var checkEvery: Int?

    @Option(
        name: .customLong("trace"), defaultAsFlag: 200,
        help:
            "Write a timeline of this many first steps (200 where no number is given), of all ranks, to trace.json in the run directory, for ui.perfetto.dev. (default: none)"
    )
    var traceSteps: Int?

    func run() throws {
        let request = TrainingRequest(
            recipe: try recipe.map(Recipe.read), model: try model.map(BuiltInModel.init(named:)),
            resume: resume.map { $0.isEmpty ? .newest : .file($0) }, tunes: tuneKernels, command: CommandLine.arguments,
            settings: settings())
        try Ending.withWorld(deadline: request.deadline) { world in
            let console = Console(world: world)
            console.warnOfSharedCores()
            try TrainingSession(request, world: world, reporter: console) { complain("error: \($0)") }.train()
        }
    }

    /// The flags that were given, as changes to a recipe.
    private func settings() -> @Sendable (inout Recipe) -> Void {
        { [self] recipe in
            recipe.set(epochs, \.experiment.epochs)
            recipe.set(maxSteps.map(Optional.some), \.execution.maxSteps)
            batch.change(&recipe)
            recipe.set(validation, \.experiment.split.validation)
            recipe.set(subset, \.experiment.split.subset)
            recipe.set(syncBatchnorm, \.experiment.syncBatchNorm)
            recipe.set(convolution, \.experiment.convolution)
            // A choice for all convolutions goes over what was chosen for single ones.
            if convolution != nil { recipe.experiment.kernels = nil }
            recipe.set(learningRate, \.experiment.optimiser.rate)
            recipe.set(momentum, \.experiment.optimiser.momentum)
            recipe.set(nesterov, \.experiment.optimiser.nesterov)
            recipe.set(weightDecay, \.experiment.optimiser.weightDecay)
            recipe.set(schedule?.value, \.experiment.schedule)
            recipe.set(augment?.value, \.experiment.augmentation)
            recipe.set(seed, \.experiment.seed)
            recipe.set(data.map(Optional.some), \.execution.data)
            recipe.set(runDirectory.map(Optional.some), \.execution.run)
            recipe.set(keep, \.execution.keep)
            recipe.set(checkpointEvery.map(Optional.some), \.execution.checkpointEvery)
            recipe.set(timeLimit.map(Optional.some), \.execution.timeLimit)
            recipe.set(deadline, \.execution.deadline)
            recipe.set(logEvery, \.execution.logEvery)
            recipe.set(histogramsEvery, \.execution.histogramsEvery)
            strategy.change(&recipe)
            recipe.set(checkEvery, \.execution.checkEvery)
            recipe.set(traceSteps, \.execution.traceSteps)
        }
    }
}

extension ConvolutionPolicy: ExpressibleByArgument {}

extension CheckpointInterval: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension TimeSpan: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

struct ScheduleArgument: ExpressibleByArgument, Sendable {
    let value: Schedule

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        if argument == "constant" {
            value = .constant
        } else if argument == "cosine" {
            value = Schedule(.cosine(end: 0))
        } else if argument == "linear" {
            value = Schedule(.linear(end: 0, share: 1))
        } else if parts.count == 3, parts[0] == "step", let every = Int(parts[1]), let factor = Double(parts[2]) {
            value = Schedule(.step(every: every, factor: factor))
        } else {
            return nil
        }
    }
}

struct AugmentationArgument: ExpressibleByArgument, Sendable {
    let value: Augmentation

    init?(argument: String) {
        switch argument {
        case "none": value = .none
        case "standard": value = .standard
        default: return nil
        }
    }
}
