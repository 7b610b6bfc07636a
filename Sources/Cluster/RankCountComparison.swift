import Checkpoints
import Diagnostics
import Foundation

/// One training, run at several numbers of ranks, each in a run directory of its own: do the results agree to the last bit?
public struct RankCountComparison: Sendable {
    public let rankCounts: [Int]
    /// Arguments of `lockstep train`, but for the run directory.
    public let training: [String]
    /// Where the run directories stand, and what each job wrote.
    public let directory: String

    public init(rankCounts: [Int], training: [String], directory: String) {
        (self.rankCounts, self.training, self.directory) = (rankCounts, training, directory)
    }

    /// What one run left.
    public struct Outcome: Sendable, Equatable {
        public let ranks: Int
        /// Of the newest checkpoint, in hexadecimal.
        public let checkpointDigest: String
        /// Every loss of metrics.csv with its split and step, as it stands there with all its digits.
        public let losses: [String]

        public var lastLoss: String { losses.last?.split(separator: " ").last.map(String.init) ?? "none" }
    }

    /// Whether all are the same in every bit.
    public static func agree(_ outcomes: [Outcome]) -> Bool {
        outcomes.allSatisfy { $0.checkpointDigest == outcomes[0].checkpointDigest && $0.losses == outcomes[0].losses }
    }

    /// Runs the training at one number of ranks.
    ///
    /// - Throws: `Failure` with the run's own last words where it did not end well.
    public func outcome(ranks: Int) throws -> Outcome {
        let run = "\(directory)/np-\(ranks)"
        let output = "\(directory)/np-\(ranks).txt"
        let code = try RankLaunch(ranks: ranks, arguments: ["train"] + training + ["--run", run]).run(output: output)
        guard code == 0 else {
            let words = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
            let error = words.split(separator: "\n").last { $0.hasPrefix("error: ") || $0.hasPrefix("Error: ") }
            throw Failure(
                Failure.Kind(rawValue: code) ?? .fault,
                "the training at \(ranks) rank\(ranks == 1 ? "" : "s") ended with exit code \(code): \(error ?? "see what it wrote"); \(output)"
            )
        }
        return Outcome(
            ranks: ranks, checkpointDigest: try Self.checkpointDigest("\(run)/checkpoints"),
            losses: try Self.losses("\(run)/metrics.csv"))
    }

    private static func checkpointDigest(_ directory: String) throws -> String {
        let store = CheckpointStore(directory: directory, keep: 1)
        guard let newest = try store.steps().last.map(store.path) else {
            throw Failure(
                .missing, "\(directory) holds no checkpoint: a verified training reaches the end of an epoch, or --max-steps")
        }
        return try fileDigest(newest)
    }

    private static func losses(_ path: String) throws -> [String] {
        let lines = try reading(path) { try String(contentsOfFile: $0, encoding: .utf8) }.split(separator: "\n")
        let header = lines.first?.split(separator: ",").map(String.init) ?? []
        guard let split = header.firstIndex(of: "split"), let step = header.firstIndex(of: "step"),
            let loss = header.firstIndex(of: "loss")
        else {
            throw Failure(.badData, "\(path) has no columns split, step and loss")
        }
        return lines.dropFirst().map { line in
            let columns = line.split(separator: ",", omittingEmptySubsequences: false)
            return "\(columns[split]) \(columns[step]) \(columns[loss])"
        }
    }

    private static func reading<Value>(_ path: String, _ body: (String) throws -> Value) throws -> Value {
        do { return try body(path) } catch { throw Failure(.io, "\(path) cannot be read: \(reason(error))") }
    }
}
