import Datasets
import Diagnostics
import Foundation
import Recorder
import Training

/// A run as its files showed it at one moment.
struct RunSnapshot {
    let taken: ContinuousClock.Instant
    let run: RunDirectory
    let record: RunRecord
    /// Nil where the log is not there yet, or is being replaced.
    let metrics: RunMetrics?
    let ranks: [FlightRecord]
    let state: RunState

    /// - Throws: `Failure` where there is no run.
    init(of run: RunDirectory) throws {
        taken = ContinuousClock().now
        self.run = run
        record = try run.read()
        metrics = try? RunMetrics.read(run)
        ranks = run.records(ranks: record.circumstances.ranks)
        state = RunState(ranks)
    }

    /// Steps that every rank has taken.
    var step: Int { ranks.map(\.step).min() ?? 0 }

    var stepsPerEpoch: Int? {
        guard let data = record.experiment.data else { return nil }
        let (samples, batch) = (record.experiment.split.trainingCount(of: data.training), record.experiment.globalBatch)
        return (samples + batch - 1) / batch
    }

    /// Steps until the last epoch's end, or until the asked number; early stopping may end it before.
    var totalSteps: Int? {
        stepsPerEpoch.map { min($0 * record.experiment.epochs, record.execution.maxSteps ?? .max) }
    }

    /// Whether anything that a rank records, or the log, is not as it was.
    func hasMoved(since other: RunSnapshot) -> Bool { ranks != other.ranks || metrics?.lines.count != other.metrics?.lines.count }

    /// Whether nothing more is to come.
    var hasEnded: Bool {
        switch state {
        case .running, .elsewhere, .unknown: false
        case .finished, .stopped, .diverged, .failed, .killed: true
        }
    }
}

/// How fast a run is, by the steps of the last half minute in which it was watched, evaluation and all.
struct WatchedSpeed {
    private static let window = Duration.seconds(30)
    private var seen: [(time: ContinuousClock.Instant, step: Int)] = []

    mutating func note(_ snapshot: RunSnapshot) {
        // A run that was taken up again begins with an earlier step.
        if let last = seen.last, snapshot.step < last.step { seen = [] }
        seen.append((snapshot.taken, snapshot.step))
        seen.removeAll { snapshot.taken - $0.time > Self.window }
    }

    /// Steps per second; before two seconds are over, as the log has it; nil where that is silent too.
    func stepsPerSecond(_ snapshot: RunSnapshot) -> Double? {
        if let first = seen.first, let last = seen.last, last.time - first.time >= .seconds(2), last.step > first.step {
            return Double(last.step - first.step) / ((last.time - first.time) / .seconds(1))
        }
        let logged = snapshot.metrics?.lines.last { $0.split == .step || $0.split == .train }?.imagesPerSecond
        return logged.flatMap { $0 > 0 ? $0 / Double(snapshot.record.experiment.globalBatch) : nil }
    }
}
