import Foundation

/// A line of a run's `metrics.csv`.
public struct MetricsLine: Sendable, Equatable {
    public enum Split: String, Sendable { case step, train, validation, test }

    public let epoch: Int
    public let step: Int
    public let split: Split
    public let samples: Int
    public let loss: Double
    public let accuracy: Double
    public let rate: Double
    public let seconds: Double

    /// The share of wrong samples, as exact as their numbers.
    public var error: Double { Double(samples - Int((accuracy * Double(samples)).rounded())) / Double(samples) }

    /// The whole lines of a file, without those of single steps; none where there is no such file. A line that is being written is left out.
    static func read(_ path: String) -> [MetricsLine] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        let text = String(decoding: data, as: UTF8.self)
        guard let end = text.lastIndex(of: "\n") else { return [] }
        return text[..<end].split(separator: "\n").dropFirst().compactMap(MetricsLine.init)
    }

    private init?(_ line: Substring) {
        let columns = line.split(separator: ",", omittingEmptySubsequences: false)
        guard columns.count == 9, let epoch = Int(columns[0]), let step = Int(columns[1]),
            let split = Split(rawValue: String(columns[2])),
            split != .step, let samples = Int(columns[3]), let loss = Double(columns[4]), let accuracy = Double(columns[5]),
            let rate = Double(columns[6]), let seconds = Double(columns[7])
        else {
            return nil
        }
        (self.epoch, self.step, self.split, self.samples) = (epoch, step, split, samples)
        (self.loss, self.accuracy, self.rate, self.seconds) = (loss, accuracy, rate, seconds)
    }
}
