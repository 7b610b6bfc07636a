// What training leaves behind: checkpoints, lines of the log, and an end in good order.

import Checkpoints
import Diagnostics
import Kernels
import MPI
import Recorder

extension Trainer {
    /// Whether any rank wants training to end behind the last step.
    var isStopping: Bool { runner.figures.wishes.stop > 0 }

    /// Whether the recipe wants a checkpoint behind the last step, which ends no epoch.
    var isCheckpointDue: Bool {
        if case .steps(let count) = execution.checkpointEvery { return state.progress.position.step.isMultiple(of: count) }
        return runner.figures.wishes.checkpoint > 0
    }

    /// Ends training on all ranks behind a step, when its checkpoint is on disk. Collective.
    func stop() throws {
        try writeTimeline()
        recorder.enter(.stopping, step: state.progress.position.step)
        try world.agreed(notedIn: recorder) {
            try settle()
            guard let reason = wishes.stopReason else { return }
            throw Failure(
                .stopped,
                "\(RunState.stopping) \(state.progress.position.step.grouped) of \(totalSteps.grouped) by \(reason); the newest checkpoint "
                    + "holds it: go on with 'lockstep \(shellCommand(["train", "--resume", "--run", run.path]))'")
        }
    }

    /// Waits for what is still on its way to disk.
    ///
    /// - Throws: `Failure.io` where the newest checkpoint or log line is lost.
    func settle() throws {
        reportCheckpoints(writer?.finish())
        record { try $0.flush() }
        let step = state.progress.position.step.grouped
        if let failure = writer?.lostNewest {
            let standing = writer?.newestWritten.map { "the newest that stands is of step \($0.grouped)" } ?? "this run wrote none"
            throw Failure(
                .io,
                "training came to step \(step), but its last checkpoint is lost, and \(standing): \(failure.description)")
        }
        if let lostLog {
            throw Failure(
                .io,
                "training came to step \(step), and its checkpoint stands, but lines of its log are lost: \(lostLog.description)")
        }
    }

    func reportCheckpoints(_ outcomes: [CheckpointWriter.Outcome]?) {
        for outcome in outcomes ?? [] {
            switch outcome.result {
            case .success:
                if let trouble = outcome.trouble { reporter.warn(trouble.description) }
            case .failure(let failure):
                reporter.warn(
                    "the checkpoint of step \(outcome.step.grouped) is lost, and training goes on: \(failure.description)")
            }
        }
    }

    /// Writes to the log, where this rank has one. Lines that cannot be written are kept, and tried again with the next.
    func record(_ write: (RunLog) throws -> Void) {
        guard let log else { return }
        do {
            try write(log)
            lostLog = nil
        } catch {
            let failure = Failure(reporting: error)
            lostLog = failure
            reporter.warn("\(failure.description); its lines are kept to be written later, and training goes on")
        }
    }

    /// Ends training on all ranks before parameters that are no numbers, which the next step's loss would show, reach a checkpoint. Collective.
    private func checkFiniteness() throws {
        let step = state.progress.position.step
        try world.agreed(notedIn: recorder) {
            let whole = division?.whole ?? state
            guard writer != nil, let place = Finiteness.firstNonFinite(count: whole.layout.arenaCount, whole.parameters.base) else {
                return
            }
            let tensor = whole.layout.tensors.first { $0.range.contains(place) }?.name ?? "a parameter"
            throw Failure(
                .diverged,
                "step \(step): after it, \(tensor) is not a finite number; training has diverged. Lower the learning rate; no checkpoint "
                    + "holds this step, and earlier ones stand.")
        }
    }

    /// Rank 0 has what all together hold written, beside the steps that follow. Collective.
    func writeCheckpoint(isBest: Bool = false) throws {
        let step = state.progress.position.step
        recorder.enter(.checkpointing, step: step)
        // What ranks do not agree on reaches no checkpoint.
        if world.size > 1, execution.checkEvery > 0 { try replicas.run(afterStep: step) }
        try division?.gatherParameters(recorder)
        try checkFiniteness()
        if strategy.sharesOutUpdates, let velocity = state.velocity { try exchange.gather(velocity) }
        try division?.gatherOptimiserState(recorder)
        guard let writer else { return }
        writer.write(try (division?.whole ?? state).checkpoint(of: experiment), step: step, isBest: isBest)
        wishes.wroteCheckpoint()
    }
}
