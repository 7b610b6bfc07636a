import Diagnostics
import Foundation

/// `failure.json`: how a job came to a bad end, written by whoever noticed it first.
public struct FailureReport: Codable, Sendable {
    /// When it was written, in ISO 8601.
    public let time: String
    public let exitCode: Int32
    public let cause: Diagnosis.Cause
    /// The ranks at fault, as far as that can be told, and a sentence about them.
    public let culprits: [Int]
    public let reason: String
    public let ranks: [Rank]

    /// What a rank was doing.
    public struct Rank: Codable, Sendable {
        public let rank: Int
        /// This and the following are nil of a rank that says nothing.
        public let host: String?
        public let process: Int32?
        public let phase: String?
        public let step: Int?
        public let epoch: Int?
        public let secondsInPhase: Double?
        /// As in `all-reduce #5 of 62,006 values`.
        public let lastCollective: String?
        public let isInCollective: Bool?
        public let message: String?
        /// All of it in one line.
        public let text: String
    }

    /// - Parameter time: nanoseconds of CLOCK_REALTIME, as of which the ranks are described.
    public init(_ diagnosis: Diagnosis, sights: [RankSight], exitCode: Int32, at time: UInt64) {
        self.time = Date(timeIntervalSince1970: Double(time) / 1e9).ISO8601Format()
        self.exitCode = exitCode
        (cause, culprits, reason) = (diagnosis.cause, diagnosis.ranks, diagnosis.text)
        ranks = sights.map { Rank($0, at: time) }
    }

    /// The reason, and a line for each rank.
    public var table: String {
        ([reason] + ranks.map { "  \($0.text)" }).joined(separator: "\n")
    }

    /// Puts the report at `path`, unless there is one: the first tells what came first.
    ///
    /// - Returns: whether it is this one that stands there.
    /// - Throws: `Failure.io`.
    public func write(to path: String) throws -> Bool {
        let temporary = "\(path).\(getpid()).temporary"
        defer { unlink(temporary) }
        do { try encodedJSON(self).write(to: URL(fileURLWithPath: temporary)) } catch {
            throw Failure(.io, "\(path) cannot be written: \(Diagnostics.reason(error))")
        }
        if link(temporary, path) == 0 { return true }
        guard errno != EEXIST else { return false }
        // A file system without hard links: the last one wins.
        guard rename(temporary, path) == 0 else { throw recorderFailure("put the report at", path) }
        return true
    }

    /// - Returns: nil where there is none.
    /// - Throws: `Failure.badData` where it cannot be understood.
    public static func read(_ path: String) throws -> FailureReport? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        do { return try JSONDecoder().decode(FailureReport.self, from: data) } catch {
            throw Failure(.badData, "\(path) is no report of a failure that can be read; delete it")
        }
    }
}

extension FailureReport.Rank {
    fileprivate init(_ sight: RankSight, at time: UInt64) {
        let record = sight.record
        let awaited = record?.awaited
        self.init(
            rank: sight.rank, host: record?.host, process: record?.process, phase: record.map { "\($0.phase)" }, step: record?.step,
            epoch: record?.epoch, secondsInPhase: record.map { time > $0.since ? Double(time - $0.since) / 1e9 : 0 },
            lastCollective: (awaited ?? record?.collectives.last).map { "\($0)" },
            isInCollective: record.map { _ in awaited != nil },
            message: record.flatMap { $0.message.isEmpty ? nil : $0.message }, text: sight.description(at: time))
    }
}
