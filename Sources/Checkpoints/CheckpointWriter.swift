import Diagnostics
import Foundation

/// Writes checkpoints beside the work that makes them: each is copied, and a thread brings the copy to disk.
///
/// A disk that is full, read-only or gone costs the checkpoints that it refuses and nothing else: those before them stand.
public final class CheckpointWriter {
    /// What became of one checkpoint.
    public struct Outcome: Sendable {
        public let step: Int
        /// Where it stands; or why it does not.
        public let result: Result<String, Failure>
        /// What went wrong beside, where the checkpoint itself stands.
        public let trouble: Failure?
    }

    private let queue: WritingQueue
    private let copy = CheckpointCopy()
    /// The step of the newest checkpoint that was brought to disk, and whether the newest of all was.
    public private(set) var newestWritten: Int?
    public private(set) var lostNewest: Failure?

    public init(_ store: CheckpointStore) {
        let queue = WritingQueue(store)
        self.queue = queue
        Thread.start(named: "checkpoints") { queue.serve() }
    }

    deinit { queue.stop() }

    /// Copies the checkpoint of `step` and has it written. Waits for the one before it, should that still be under way.
    ///
    /// - Parameter isBest: whether it is kept as the best one too (`CheckpointStore.write`).
    public func write(_ checkpoint: Checkpoint, step: Int, isBest: Bool) {
        queue.waitUntilIdle()
        queue.submit(WritingQueue.Work(checkpoint: copy.take(checkpoint), step: step, isBest: isBest))
    }

    /// What has become of checkpoints since this was last asked; returns at once.
    public func outcomes() -> [Outcome] {
        let outcomes = queue.takeOutcomes()
        for outcome in outcomes {
            switch outcome.result {
            case .success: (newestWritten, lostNewest) = (outcome.step, nil)
            case .failure(let failure): lostNewest = failure
            }
        }
        return outcomes
    }

    /// The same, when the last one is on disk or lost.
    public func finish() -> [Outcome] {
        queue.waitUntilIdle()
        return outcomes()
    }
}

/// What the two threads share: at most one checkpoint that is to be written, and what became of those before it.
private final class WritingQueue: @unchecked Sendable {
    struct Work {
        let checkpoint: Checkpoint
        let step: Int
        let isBest: Bool
    }

    private let store: CheckpointStore
    private let condition = NSCondition()
    /// Guarded by the condition; the work's values belong to the thread until it is idle.
    private var work: Work?
    private var outcomes: [CheckpointWriter.Outcome] = []
    private var isStopped = false

    init(_ store: CheckpointStore) { self.store = store }

    func submit(_ work: Work) { locked { self.work = work } }

    func waitUntilIdle() {
        condition.lock()
        while work != nil { condition.wait() }
        condition.unlock()
    }

    func takeOutcomes() -> [CheckpointWriter.Outcome] {
        condition.lock()
        defer { condition.unlock() }
        defer { outcomes = [] }
        return outcomes
    }

    func stop() { locked { isStopped = true } }

    /// Writes what is submitted, until it is told to stop; what was submitted before that is still written.
    func serve() {
        while let next = take() {
            let outcome = write(next)
            locked {
                outcomes.append(outcome)
                work = nil
            }
        }
    }

    private func take() -> Work? {
        condition.lock()
        defer { condition.unlock() }
        while work == nil && !isStopped { condition.wait() }
        return work
    }

    private func write(_ work: Work) -> CheckpointWriter.Outcome {
        let path = store.path(step: work.step)
        do throws(Failure) {
            try store.write(work.checkpoint, step: work.step, isBest: work.isBest)
            return .init(step: work.step, result: .success(path), trouble: nil)
        } catch {
            // What fails behind its writing, as the deletion of an older one, costs no checkpoint.
            guard (try? CheckpointFile(path: path)) != nil else {
                return .init(step: work.step, result: .failure(error), trouble: nil)
            }
            return .init(step: work.step, result: .success(path), trouble: error)
        }
    }

    private func locked(_ change: () -> Void) {
        condition.lock()
        change()
        condition.broadcast()
        condition.unlock()
    }
}
