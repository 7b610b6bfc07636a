import Diagnostics
import Foundation
import Statistics
import Training

/// What has come of a trial: how it stands, and its figures.
public struct TrialOutcome: Sendable, Equatable {
    public enum Status: Sendable, Equatable {
        case waiting, running, done
        /// A loss that was no number: a result, not a failure.
        case diverged
        case failed(code: Int32, words: [String])

        public var word: String {
            switch self {
            case .waiting: "waiting"
            case .running: "running"
            case .done: "done"
            case .diverged: "diverged"
            case .failed: "failed"
            }
        }
    }

    public let trial: Trial
    public let status: Status
    public let lines: [RunMetrics.Line]

    public init(trial: Trial, status: Status, lines: [RunMetrics.Line] = []) {
        (self.trial, self.status, self.lines) = (trial, status, lines)
    }

    init(_ trial: Trial, _ end: TrialEnd, in directory: StudyDirectory) {
        self.trial = trial
        switch end.code {
        case 0: status = .done
        case Failure.Kind.diverged.rawValue: status = .diverged
        default: status = .failed(code: end.code, words: end.words)
        }
        lines = RunMetrics.epochLines(of: directory.run(trial))
    }

    /// Whether it ended in what a search counts: a goal, the last of its steps, or a divergence.
    var isCounted: Bool { status == .done || status == .diverged }
    var hasEnded: Bool { status != .waiting && status != .running }
    public var hasFailed: Bool { if case .failed = status { true } else { false } }

    public func lines(_ split: RunMetrics.Split) -> [RunMetrics.Line] { lines.filter { $0.split == split } }

    public func last(_ split: RunMetrics.Split) -> RunMetrics.Line? { lines.last { $0.split == split } }

    /// The step of the earliest evaluation whose validation error is strictly below `goal`.
    public func stepsTo(validationError goal: Double) -> Int? { lines(.validation).first { $0.error < goal }?.step }

    /// The first epoch whose accuracy is at least `level`.
    public func epochsTo(_ level: Double, on split: RunMetrics.Split) -> Int? {
        lines(split).first { $0.accuracy >= level }?.epoch
    }

    /// Of the training steps of an epoch: the median over epochs, which other work on the machine moves least.
    public var secondsPerEpoch: Double? {
        let seconds = lines(.train).map(\.seconds)
        return seconds.isEmpty ? nil : seconds.median
    }
}

extension RunMetrics {
    /// The lines of a run but those of single steps; none where there are none yet.
    static func epochLines(of run: RunDirectory) -> [Line] { (try? read(run))?.lines.filter { $0.split != .step } ?? [] }
}

extension RunMetrics.Line {
    /// The share of wrong samples, as exact as their numbers.
    public var error: Double { (Double(samples) - (accuracy * Double(samples)).rounded()) / Double(samples) }
}
