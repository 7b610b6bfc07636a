import ArgumentParser
import Diagnostics
import MPI
import Training

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Evaluate a checkpoint on a data set: the same figures, to the last digit, at any number of ranks.")

    @Argument(help: "The checkpoint.")
    var checkpoint: String

    @Option(help: "The directory of the data set. (default: the one that the checkpoint's run was trained on)")
    var data: String?

    @Option(help: "Which samples: test, training, or the validation images that its recipe holds out.")
    var split: SampleSet = .test

    @Option(parsing: .unconditional, help: "The longest that opening the checkpoint, and opening the data, may take.")
    var deadline = Execution().deadline

    func run() throws {
        try Ending.withWorld(deadline: deadline) { world in
            let evaluation = try CheckpointEvaluation(
                checkpoint: checkpoint, data: data, samples: split, deadline: deadline, world: world
            ) { complain("error: \($0)") }
            guard world.rank == 0 else { return }
            let figures = evaluation.figures
            print("\(checkpoint): \(evaluation.experiment.model.name) after \(evaluation.progress.position.step.grouped) steps")
            print("\(split.rawValue): \(figures.samples)/\(evaluation.sampleCount) samples, each once")
            print("loss \(figures.meanLoss)")
            print("accuracy \(figures.accuracy) (\(figures.correct)/\(figures.samples))")
        }
    }
}

extension SampleSet: ExpressibleByArgument {}
