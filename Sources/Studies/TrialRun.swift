import Cluster
import Diagnostics
import Foundation
import Training

/// One trial as an ordinary run under mpirun, from where it stands to its end.
struct TrialRun: Sendable {
    let directory: StudyDirectory
    let ranks: Int
    /// The hardware threads of the worker that runs it.
    let processors: [Int]?

    /// Runs the trial, and writes down how it ended. A run that was left in the middle is taken up at its newest checkpoint.
    ///
    /// - Parameter isTakenOver: whether another worker had the trial before, whose ranks may still be at work.
    /// - Throws: `Failure.io` where something cannot be written, `Failure.missing` where there is no mpirun; not what ends the run itself.
    func run(_ trial: Trial, isTakenOver: Bool) throws {
        let run = directory.run(trial)
        if isTakenOver { HostProcess.endAll(workingOn: run.path) }
        let start = Date()
        var code: Int32 = 0
        // One that was killed between its goal and its last words has nothing left to do.
        if !hasReachedGoal(trial) {
            try encodedJSON(trial.recipe).writeReplacing(directory.recipe(trial))
            let resume = isTakenOver && holdsCheckpoint(run) ? ["--resume"] : []
            code = try RankLaunch(
                ranks: ranks, arguments: ["train", directory.recipe(trial), "--run", run.path] + resume, processors: processors
            ).run(output: directory.output(trial))
        }
        let isGood = code == 0 || code == Failure.Kind.diverged.rawValue
        let end = TrialEnd(
            code: code, words: isGood ? [] : TrialEnd.lastWords(of: directory.output(trial)),
            seconds: Date().timeIntervalSince(start),
            host: ProcessInfo.processInfo.hostName)
        try encodedJSON(end).writeReplacing(directory.end(trial))
    }

    private func hasReachedGoal(_ trial: Trial) -> Bool {
        guard let goal = trial.recipe.execution.goal else { return false }
        return RunMetrics.epochLines(of: directory.run(trial)).contains { $0.split == .validation && $0.error < goal }
    }

    private func holdsCheckpoint(_ run: RunDirectory) -> Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: run.checkpoints)) ?? []
        return names.contains { $0.hasPrefix("step-") && $0.hasSuffix(".safetensors") }
    }
}
