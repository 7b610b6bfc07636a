import Diagnostics
import Foundation
import Reports
import Training

/// A run as its directory tells of it.
struct ReportedRun {
    /// What it is called among the others.
    let name: String
    let record: RunRecord
    let metrics: RunMetrics
    let state: RunState
    /// Steps that were taken, by the rank that took the most.
    let step: Int

    /// Reads runs, and names each by its directory; by its whole path where two directories are named alike.
    ///
    /// - Throws: `Failure` with what is wrong with the first that cannot be read.
    static func read(_ paths: [String]) throws -> [ReportedRun] {
        let trimmed = paths.map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        let names = trimmed.map { URL(fileURLWithPath: $0).standardizedFileURL.lastPathComponent }
        return try trimmed.indices.map { index in
            let isAlone = names.count { $0 == names[index] } == 1
            return try ReportedRun(RunDirectory(path: trimmed[index]), name: isAlone ? names[index] : trimmed[index])
        }
    }

    private init(_ run: RunDirectory, name: String) throws {
        self.name = name
        record = try run.read()
        metrics = try RunMetrics.read(run)
        guard !metrics.lines.isEmpty else {
            throw Failure(.missing, "\(run.path) holds no metrics yet: no step was logged and no epoch is over; wait for one")
        }
        let records = run.records(ranks: record.circumstances.ranks)
        state = RunState(records)
        step = records.map(\.step).max() ?? 0
    }

    /// An epoch's figures over a set of images.
    struct Figure {
        let epoch: Int
        let accuracy: Double
        let samples: Int
    }

    /// The first of the epochs with the highest accuracy; nil where none has one that is a number.
    func best(_ split: RunMetrics.Split) -> Figure? {
        let lines = metrics.of(split).filter(\.accuracy.isFinite)
        guard let highest = lines.map(\.accuracy).max(), let line = lines.first(where: { $0.accuracy == highest }) else {
            return nil
        }
        return Figure(epoch: line.epoch, accuracy: line.accuracy, samples: line.samples)
    }

    /// After the last epoch; nil where none is over, or its accuracy is no number.
    func last(_ split: RunMetrics.Split) -> Figure? {
        metrics.of(split).last.flatMap { line in
            line.accuracy.isFinite ? Figure(epoch: line.epoch, accuracy: line.accuracy, samples: line.samples) : nil
        }
    }

    var hasHeldOutImages: Bool { best(.validation) != nil }

    /// What a run is judged by: the test accuracy of the epoch that the held-out images chose, or, where none are held out, of the best.
    var judged: Figure? {
        guard let chosen = best(.validation) else { return best(.test) }
        return metrics.of(.test).first { $0.epoch == chosen.epoch }.map {
            Figure(epoch: $0.epoch, accuracy: $0.accuracy, samples: $0.samples)
        }
    }

    /// Epochs whose figures are there.
    var epochs: Int { metrics.of(.test).last?.epoch ?? 0 }

    /// Seconds of training and of looking at the other images, of all finished epochs.
    var seconds: Double { metrics.lines.filter { $0.split != .step }.map(\.seconds).reduce(0, +) }

    /// Training images per second, over all finished epochs, or over the logged steps where there is none.
    var imagesPerSecond: Double? {
        let epochs = metrics.of(.train)
        let lines = (epochs.isEmpty ? metrics.of(.step) : epochs).filter { $0.seconds > 0 }
        let seconds = lines.map(\.seconds).reduce(0, +)
        guard seconds > 0 else { return nil }
        // The samples that the time was taken for: fewer than an epoch's where a run was taken up in its middle.
        return lines.map { $0.imagesPerSecond * $0.seconds }.reduce(0, +) / seconds
    }

    /// Why it ended before its end, in a rank's own words: the beginning of them, for what follows may be a list of images.
    var fault: String? {
        switch state {
        case .diverged(let reason), .failed(let reason): TerminalWidth.shortened(reason, to: 240)
        default: nil
        }
    }

    /// How it ended, in a word or a few.
    var ending: String {
        switch state {
        case .running: "under way"
        case .stopped: "stopped as asked"
        case .finished: "finished"
        case .diverged: "diverged"
        case .failed: "ended by a fault"
        case .killed(let ranks): "killed: rank\(ranks.count == 1 ? "" : "s") \(ranks.map(String.init).joined(separator: ", "))"
        case .elsewhere: "not closed; its ranks are on other hosts"
        case .unknown: "unknown: no flight records"
        }
    }
}
