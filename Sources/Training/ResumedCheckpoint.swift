import Checkpoints
import Diagnostics
import MPI
import Networks

/// A checkpoint that a run goes on from. Rank 0 alone reads it; the others are told what it holds.
final class ResumedCheckpoint {
    let path: String
    let experiment: Experiment
    let progress: Progress
    /// Of the run that it stands in; that of a new run where it stands in none.
    let execution: Execution
    let run: RunDirectory?
    /// Rank 0's alone.
    private let file: CheckpointFile?

    private struct Description: Codable {
        var path: String
        var experiment: Experiment
        var progress: Progress
        var execution: Execution
        var run: String?
    }

    private init(_ description: Description, file: CheckpointFile?) {
        path = description.path
        experiment = description.experiment
        progress = description.progress
        execution = description.execution
        run = description.run.map(RunDirectory.init(path:))
        self.file = file
    }

    /// Opens what the request asks to resume, nil if it asks for nothing; collective.
    static func open(_ request: TrainingRequest, _ startUp: StartUp, reporter: any TrainingReporter) throws -> ResumedCheckpoint? {
        guard let resume = request.resume else { return nil }
        var bytes: [UInt8] = []
        var file: CheckpointFile?
        try startUp.agreed("opens the checkpoint") {
            guard startUp.world.rank == 0 else { return }
            let opened = try find(resume, request: request, warn: reporter.warn)
            file = opened
            let run = RunDirectory(ofCheckpoint: opened.path)
            let execution = try run.flatMap { $0.holdsRun ? try $0.read().execution : nil } ?? Execution()
            let description = Description(
                path: opened.path,
                experiment: try opened.decodedExperiment(),
                progress: try opened.decodedProgress(),
                execution: execution, run: run?.path)
            bytes = Array(try canonicalJSON(description).utf8)
        }
        bytes = try startUp.broadcast(bytes)
        let description = try Recipe.decode(Description.self, from: String(decoding: bytes, as: UTF8.self), name: "checkpoint")
        return ResumedCheckpoint(description, file: file)
    }

    private static func find(
        _ resume: TrainingRequest.Resume, request: TrainingRequest, warn: (String) -> Void
    ) throws -> CheckpointFile {
        if case .file(let path) = resume { return try CheckpointFile(path: path) }
        var probe = request.recipe ?? Recipe(experiment: Experiment(model: .named(BuiltInModel(.lenet5))))
        request.settings(&probe)
        guard let path = probe.execution.run else {
            throw Failure(.usage, "--resume needs to know which run: give its directory by --run, or a checkpoint by --resume FILE")
        }
        let run = RunDirectory(path: path)
        guard let newest = try CheckpointStore(directory: run.checkpoints, keep: 1).newestGood(warn: warn) else {
            throw Failure(.missing, "there is nothing to resume in \(path): it holds no checkpoint; start anew without --resume")
        }
        return newest
    }

    /// - Throws: `Failure` where the checkpoint is of another model or of other data than `experiment`.
    func checkFits(_ experiment: Experiment) throws {
        guard self.experiment.model == experiment.model else {
            throw Failure(
                .usage,
                "checkpoint \(path) is of model \(self.experiment.model.name), not of the \(experiment.model.name) that is asked for"
                    + (self.experiment.model.name == experiment.model.name ? " (the same name, but other layers)" : ""))
        }
        guard self.experiment.data == experiment.data else {
            throw Failure(
                .usage,
                "checkpoint \(path) was trained on \(self.experiment.data.map(\.description) ?? "unknown data"), not on "
                    + "\(experiment.data.map(\.description) ?? "none")")
        }
        guard self.experiment.split == experiment.split else {
            throw Failure(
                .usage,
                "checkpoint \(path) holds \(self.experiment.split.validation) images out and trains on a share of "
                    + "\(self.experiment.split.subset) of the others (seed \(self.experiment.split.seed)); with another split, images that "
                    + "were trained on would be validated on: leave --validation and --subset as they were")
        }
    }

    /// Puts the checkpoint's parameters, optimiser state and progress into every rank's state; collective. What a plateau has seen is
    /// forgotten where the new one watches something else.
    func restore(_ state: TrainingState, for newExperiment: Experiment, _ startUp: StartUp) throws {
        try startUp.agreed("reads the checkpoint") { if let file { try state.restore(from: file) } }
        try state.broadcastRestored(from: 0, over: startUp.world)
        state.progress = progress
        if experiment.plateau != newExperiment.plateau { state.progress.plateau.forget() }
    }

    /// The settings of `experiment` that are not the checkpoint's, as `name: old → new`.
    func changes(to experiment: Experiment) -> [String] {
        guard let old = try? self.experiment.settings(), let new = try? experiment.settings() else { return [] }
        return Set(old.keys).union(new.keys).sorted().compactMap { key in
            old[key] == new[key] ? nil : "\(key): \(old[key] ?? "none") → \(new[key] ?? "none")"
        }
    }
}
