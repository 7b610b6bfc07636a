import Cluster
import Diagnostics
import Foundation
import Scaling

/// How many times as fast two ranks take a trial's steps as one does: a strong scaling measurement for each trial that the study names.
extension StudyDirectory {
    private static let (turns, steps, warmUp) = (3, 20, 2)

    private func scaling(_ trial: String) -> ScalingDirectory { ScalingDirectory(path: "\(path)/scaling/\(trial)") }

    /// What was measured once all trials had ended, in their order; none before.
    public func speedUps(of study: Study) -> [ScalingRecord] {
        (study.speedUpTrials ?? []).compactMap { try? ScalingRecord.read(scaling($0).description) }
    }

    /// Measures the study's speed-ups, where it asks for any and there is a core for each rank, unless that is done or another process is at
    /// it. To be called when no trial runs.
    ///
    /// - Returns: whether it did.
    /// - Throws: `Failure` where a trial's steps cannot be measured on two ranks, with the last words of ranks that did not end well.
    public func measureSpeedUps(
        of study: Study, environment: ScalingEnvironment, progress: @escaping (ScalingMeasurement.Progress) -> Void
    ) throws -> Bool {
        let missing = study.trials.filter { trial in
            study.speedUpTrials?.contains(trial.name) == true
                && !FileManager.default.fileExists(atPath: scaling(trial.name).description)
        }
        guard !missing.isEmpty, Cores.physical > 1 else { return false }
        let claims = try Claims(directory: claims)
        guard let claim = try claims.take("speed-up", over: try claims.standing()["speed-up"] ?? 0) else { return false }
        defer { claims.release(claim) }
        for trial in missing { try measureSpeedUp(of: trial, environment, progress) }
        return true
    }

    private func measureSpeedUp(
        of trial: Trial, _ environment: ScalingEnvironment, _ progress: @escaping (ScalingMeasurement.Progress) -> Void
    ) throws {
        // What is under its last name is whole.
        let draft = "\(scaling(trial.name).path).part"
        try? FileManager.default.removeItem(atPath: draft)
        var request = ScalingRequest(name: trial.label, recipe: trial.recipe, rankCounts: [2], modes: [.strong])
        (request.turns, request.steps, request.warmUp) = (Self.turns, Self.steps, Self.warmUp)
        let command =
            ["lockstep", "scaling", recipe(trial), "--np", "2", "--strong", "--repeat", "\(Self.turns)"]
            + ["--steps", "\(Self.steps)", "--warm-up", "\(Self.warmUp)"]
        var measurement = try ScalingMeasurement(
            request, in: .make(at: draft, named: trial.name), command: command, environment: environment, progress: progress)
        // Nothing is to be predicted, so that no network is missed.
        try measurement.run { _ in }
        do { try FileManager.default.moveItem(atPath: draft, toPath: scaling(trial.name).path) } catch {
            throw Failure(.io, "\(draft) cannot be renamed: \(reason(error))")
        }
    }
}
