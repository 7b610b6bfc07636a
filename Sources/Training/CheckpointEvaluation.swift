import Checkpoints
import Datasets
import Diagnostics
import Foundation
import MPI
import Networks

/// Samples that a checkpoint can be evaluated on.
public enum SampleSet: String, Sendable, CaseIterable {
    /// What the experiment trains on.
    case training
    /// What it holds out of the training images.
    case validation
    case test
}

/// A checkpoint's figures over some samples of a data set, exact over all ranks.
public struct CheckpointEvaluation {
    public let experiment: Experiment
    public let progress: Progress
    public let figures: Figures
    public let sampleCount: Int

    /// Collective. The ranks read the checkpoint and the data each for itself.
    ///
    /// - Parameter data: nil takes the directory that the checkpoint's run was trained on.
    /// - Throws: `AgreedFailure`, where the checkpoint or the data cannot be used, or do not belong together.
    public init(checkpoint path: String, data: String?, samples set: SampleSet, world: Communicator) throws {
        let file = try world.agreed { try CheckpointFile(path: path) }
        let experiment = try world.agreed { try file.decodedExperiment() }
        self.experiment = experiment
        progress = try world.agreed { try file.decodedProgress() }
        let dataset = try world.agreed {
            guard let directory = try data ?? RunDirectory(ofCheckpoint: path).flatMap({ try $0.read().execution.data }) else {
                throw Failure(.usage, "no data set is named: give its directory by --data")
            }
            let dataset = try Dataset.open(directory: directory)
            try experiment.checkTakes(dataset)
            return dataset
        }
        try world.requireSame(
            "\(file.identity) \(try canonicalJSON(DataDescription(dataset))) \(dataset.contentChecksum())",
            orThrow: "this rank's checkpoint or data set is not rank 0's; give every host the same")
        let samples = try world.agreed { try experiment.samples(set, of: dataset) }
        sampleCount = samples.count
        let chunk = Evaluator.chunk(for: experiment)
        let (plan, state) = try world.agreed {
            let plan = try Plan(experiment, Plan.Options(experiment, capacity: chunk))
            let state = TrainingState(layout: plan.layout, optimiser: Optimiser())
            try state.restore(from: file)
            return (plan, state)
        }
        let evaluator = Evaluator(
            reader: SampleReader(samples: samples, normalisation: dataset.normalisation), plan: plan, chunk: chunk)
        figures = try evaluator.figures(parameters: state.parameters.base, over: world, sums: FigureSums())
    }
}

extension CheckpointFile {
    /// The experiment that the checkpoint belongs to.
    public func decodedExperiment() throws -> Experiment {
        let experiment = try Recipe.decode(Experiment.self, from: experiment, name: path, kind: .badData)
        guard experiment.kernels != nil else { return experiment }
        do {
            _ = try Plan.convolutions(of: experiment.resolvedModel(), Plan.Options(experiment, capacity: 1))
        } catch let failure as Failure {
            throw Failure(.badData, "\(path): \(failure.description)")
        }
        return experiment
    }
    /// Where its training stood.
    public func decodedProgress() throws -> Progress {
        let progress = try Recipe.decode(Progress.self, from: position, name: path, kind: .badData)
        guard progress.isSane else { throw Failure(.badData, "\(path): no training stands at \(position)") }
        return progress
    }
}

extension Experiment {
    /// The model with all its shapes, once the experiment has been resolved with its data.
    public func resolvedModel() throws -> Model {
        guard case .described(let model) = model else {
            throw Failure(.badData, "this experiment names its model without shapes: it was never resolved with its data")
        }
        return model
    }

    /// The samples of one split, as this experiment divides the training images; all of them, where the data are another set than its own.
    /// - Throws: `Failure.usage` where validation images are asked for and none are held out.
    fileprivate func samples(_ set: SampleSet, of dataset: Dataset) throws -> Selection {
        if set == .test { return Selection(dataset.test) }
        let (training, validation) =
            data == DataDescription(dataset) ? split.divide(dataset.training) : (Selection(dataset.training), nil)
        if set == .training { return training }
        guard let validation else {
            throw Failure(
                .usage,
                "no validation images: this checkpoint's recipe holds none out of \(dataset.directory); evaluate --split test")
        }
        return validation
    }

    /// - Throws: `Failure.usage` where images or classes are not those that the model was made for.
    fileprivate func checkTakes(_ dataset: Dataset) throws {
        let model = try resolvedModel()
        let found = DataDescription(dataset)
        guard model.input == found.input && model.classes == found.classes else {
            throw Failure(
                .usage,
                "\(dataset.directory) holds \(found); this checkpoint's \(model.name) takes images of \(model.input) in \(model.classes) classes"
            )
        }
    }
}
