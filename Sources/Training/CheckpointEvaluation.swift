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
    /// - Parameters:
    ///   - data: nil takes the directory that the checkpoint's run was trained on.
    ///   - deadline: for each stage up to the evaluation itself.
    ///   - tellEnd: as for `TrainingSession`.
    /// - Throws: `AgreedFailure`, where the checkpoint or the data cannot be used, or do not belong together.
    public init(
        checkpoint path: String, data: String?, samples set: SampleSet, deadline: TimeSpan, world: Communicator,
        tellEnd: @escaping @Sendable (String) -> Void
    ) throws {
        let startUp = StartUp(world: world, deadline: deadline, tell: tellEnd)
        let file = try startUp.agreed("opens the checkpoint") { try CheckpointFile(path: path) }
        let experiment = try startUp.agreed("reads the checkpoint") { try file.decodedExperiment() }
        self.experiment = experiment
        progress = try startUp.agreed("reads the checkpoint") { try file.decodedProgress() }
        let dataset = try startUp.agreed("opens the data set") { try experiment.openData(data, ofCheckpoint: path) }
        try startUp.requireSame(
            "\(file.identity) \(try canonicalJSON(DataDescription(dataset))) \(dataset.contentChecksum())",
            orThrow: "this rank's checkpoint or data set is not rank 0's; give every host the same")
        let samples = try startUp.agreed("chooses images") { try experiment.samples(set, of: dataset) }
        sampleCount = samples.count
        let chunk = Evaluator.chunk(for: experiment)
        let (plan, state) = try startUp.agreed("makes room for the network") {
            let plan = try Plan(experiment, Plan.Options(experiment, capacity: chunk))
            let state = TrainingState(layout: plan.layout, optimiser: Optimiser())
            try state.restore(from: file)
            return (plan, state)
        }
        startUp.end()
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

    /// Opens a data set that the model takes.
    ///
    /// - Parameter directory: nil takes the one that the checkpoint's run was trained on.
    /// - Throws: `Failure.usage` where no directory is known, or where images or classes are not those that the model was made for; as
    ///   `Dataset.open`.
    func openData(_ directory: String?, ofCheckpoint path: String) throws -> Dataset {
        guard let directory = try directory ?? RunDirectory(ofCheckpoint: path).flatMap({ try $0.read().execution.data }) else {
            throw Failure.noDataSet
        }
        let dataset = try Dataset.open(directory: directory)
        try checkTakes(dataset)
        return dataset
    }

    private func checkTakes(_ dataset: Dataset) throws {
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
