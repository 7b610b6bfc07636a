import Diagnostics
import Foundation

/// What a run's `metrics.csv` holds, as far as it is written: the run may still be under way, or have been killed while it wrote.
public struct RunMetrics: Sendable, Equatable {
    /// What a line's figures are over.
    public enum Split: String, Sendable {
        /// One step.
        case step
        /// An epoch's training samples, as they were when each was trained on.
        case train
        /// The images held out.
        case validation
        /// The test set.
        case test
    }

    public struct Line: Sendable, Equatable {
        /// Counted from 1.
        public let epoch: Int
        /// Steps taken.
        public let step: Int
        public let split: Split
        public let samples: Int
        public let loss: Double
        public let accuracy: Double
        public let learningRate: Double
        public let seconds: Double
        public let imagesPerSecond: Double
        /// Of the batches' losses within the epoch; nil but for training, and in a log that does not have it.
        public let lossVariance: Double?
        /// Of the step's mean gradient; nil but for steps, and in a log that does not have it.
        public let gradientNorm: Double?
    }

    /// In the order in which they were written.
    public let lines: [Line]
    /// Whether the last line has no end and was left out.
    public let isCut: Bool

    public func of(_ split: Split) -> [Line] { lines.filter { $0.split == split } }

    /// Reads the log of a run. Columns are found by their names, so that a log with more of them can be read too.
    ///
    /// - Throws: `Failure.missing` where there is no log, `Failure.badData` with the line where it is none of lockstep's, or damaged.
    public static func read(_ run: RunDirectory) throws -> RunMetrics {
        guard let data = FileManager.default.contents(atPath: run.metrics) else {
            throw Failure(.missing, "\(run.path) holds no metrics yet: training writes metrics.csv from its start; wait for that")
        }
        return try RunMetrics(text: String(decoding: data, as: UTF8.self), name: run.metrics)
    }

    init(text: String, name: String) throws {
        // Where the file is cut between two bytes of a line, nobody knows whether its last number is whole.
        let whole = text.lastIndex(of: "\n").map { text[...$0] } ?? ""
        isCut = whole.endIndex != text.endIndex
        var rows = whole.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        guard let header = rows.popFirst() else {
            lines = []
            return
        }
        let columns = try Columns(header, name: name)
        lines = try rows.enumerated().map { index, row in
            guard let line = columns.line(row) else {
                throw Failure(
                    .badData, "\(name), line \(index + 2) is damaged: '\(row.prefix(80))'; remove that line, or report another run")
            }
            return line
        }
    }

    /// Where each figure stands in a row.
    private struct Columns {
        private let count: Int
        private let places: [String: Int]

        init(_ header: Substring, name: String) throws {
            let names = header.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            count = names.count
            places = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
            for expected in MetricsLog.firstColumns.split(separator: ",") where places[String(expected)] == nil {
                throw Failure(
                    .badData, "\(name) is no log of lockstep's: its first line names no column '\(expected)'; give another run")
            }
        }

        func line(_ row: Substring) -> Line? {
            let cells = row.split(separator: ",", omittingEmptySubsequences: false)
            guard cells.count == count else { return nil }
            func cell(_ name: String) -> Substring? { places[name].map { cells[$0] } }
            func whole(_ name: String) -> Int? { cell(name).flatMap { Int($0) } }
            func number(_ name: String) -> Double? { cell(name).flatMap { Double($0) } }
            guard let epoch = whole("epoch"), let step = whole("step"),
                let split = cell("split").flatMap({ Split(rawValue: String($0)) }),
                let samples = whole("samples"), let loss = number("loss"), let accuracy = number("accuracy"),
                let rate = number("learning_rate"), let seconds = number("seconds"), let speed = number("images_per_second"),
                seconds.isFinite, seconds >= 0
            else { return nil }
            return Line(
                epoch: epoch, step: step, split: split, samples: samples, loss: loss, accuracy: accuracy, learningRate: rate,
                seconds: seconds, imagesPerSecond: speed, lossVariance: number("loss_variance"),
                gradientNorm: number("gradient_norm"))
        }
    }
}
