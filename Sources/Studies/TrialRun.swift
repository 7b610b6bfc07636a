import Cluster
import Diagnostics
import Foundation
import Training

/// One trial as an ordinary run under mpirun, from where it stands to its end.
struct TrialRun: Sendable {
    /// How often a run is started in all where something around it ends it, such as want of memory or a full disk, and after how many
    /// seconds again.
    static let attempts = 3
    static let pause = 2.0

    let directory: StudyDirectory
    let ranks: Int
    /// The hardware threads of the worker that runs it.
    let processors: [Int]?

    /// Runs the trial, and writes down how it ended. A run that was left in the middle is taken up at its newest checkpoint.
    ///
    /// - Returns: how it ended; nil where the claim was lost or its job told to end, and nothing is written down.
    /// - Throws: `Failure.io` where something cannot be written, or ranks of before do not end, `Failure.missing` where there is no mpirun; not what ends the run itself.
    func run(_ trial: Trial, under claim: Claim) throws -> TrialEnd? {
        let start = Date()
        let run = directory.run(trial)
        // Of a worker that had the trial before, ranks may still be at work.
        try HostProcess.endAll(workingOn: run.path)
        var (code, attempt): (Int32, Int) = (0, 0)
        // One that was killed between its goal and its last words has nothing left to do.
        while claim.isGood, !hasReachedGoal(trial) {
            attempt += 1
            code = try launch(trial, claim)
            guard TrialEnd.isInterruption(code), attempt < Self.attempts else { break }
            Thread.sleep(forTimeInterval: Self.pause)
            // So may those of a killed mpirun.
            if claim.isGood { try HostProcess.endAll(workingOn: run.path) }
        }
        guard claim.isGood else { return nil }
        if hasReachedGoal(trial) { code = 0 }
        let isGood = code == 0 || code == Failure.Kind.diverged.rawValue
        let end = TrialEnd(
            code: code,
            words: isGood ? [] : TrialEnd.lastWords(of: directory.output(trial), code: code, attempts: attempt),
            seconds: Date().timeIntervalSince(start), host: HostIdentity.current.name)
        try encodedJSON(end).writeReplacing(directory.end(trial))
        return end
    }

    private func launch(_ trial: Trial, _ claim: Claim) throws -> Int32 {
        let run = directory.run(trial)
        try encodedJSON(trial.recipe).writeReplacing(directory.recipe(trial))
        let resume = (try? run.holdsCheckpoint()) == true ? ["--resume"] : []
        return try RankLaunch(
            ranks: ranks, arguments: ["train", directory.recipe(trial), "--run", run.path] + resume, processors: processors
        ).run(output: directory.output(trial), ending: claim.ending)
    }

    private func hasReachedGoal(_ trial: Trial) -> Bool {
        guard let goal = trial.recipe.execution.goal else { return false }
        return RunMetrics.epochLines(of: directory.run(trial)).contains { $0.split == .validation && $0.error < goal }
    }
}
