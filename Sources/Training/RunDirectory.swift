import Checkpoints
import Diagnostics
import Foundation

/// The directory of one run and what stands where in it. Resuming appends to it. What goes: checkpoints beyond those that are kept, and
/// log lines of steps that are taken again.
public struct RunDirectory: Sendable, Equatable {
    public let path: String

    public init(path: String) { self.path = path }

    /// More than any job has.
    private static let mostRanks = 1 << 20

    /// The recipe as it was resolved, and the circumstances.
    public var description: String { "\(path)/run.json" }
    public var metrics: String { "\(path)/metrics.csv" }
    /// The timeline of a run, or of what was resumed behind a step.
    func trace(fromStep step: Int) -> String { "\(path)/\(step == 0 ? "trace" : "trace-from-step-\(step)").json" }
    public var checkpoints: String { "\(path)/checkpoints" }
    /// How the latest start came to a bad end, where it did.
    public var failure: String { "\(path)/failure.json" }
    public func recorder(rank: Int) -> String { "\(path)/recorders/rank-\(rank).recorder" }

    /// The run directory that a checkpoint stands in, if it stands in one.
    public init?(ofCheckpoint checkpoint: String) {
        let directory = URL(fileURLWithPath: checkpoint).deletingLastPathComponent()
        guard directory.lastPathComponent == "checkpoints" else { return nil }
        path = directory.deletingLastPathComponent().path
    }

    /// Makes the first of `runs/NAME-1`, `runs/NAME-2`, … that does not exist; two runs that start at once get two directories.
    ///
    /// The name may come from a model file: what is neither letter nor digit becomes a hyphen, so that it leads nowhere else.
    public static func makeNextFree(named wanted: String, in parent: String = "runs") throws -> RunDirectory {
        let name = String(wanted.prefix(64).map { $0.isLetter || $0.isNumber ? $0 : "-" })
        try RunDirectory(path: parent).make(parent)
        var number = 1
        while true {
            let run = RunDirectory(path: "\(parent)/\(name)-\(number)")
            if mkdir(run.path, 0o777) == 0 { return run }
            guard errno == EEXIST else {
                throw Failure(
                    .io, "run directory \(run.path) cannot be made: \(systemText()); give one by --run")
            }
            number += 1
        }
    }

    /// Whether both paths lead to one directory.
    func isSameDirectory(as other: RunDirectory) -> Bool {
        let (mine, its) = (URL(fileURLWithPath: path), URL(fileURLWithPath: other.path))
        return mine.resolvingSymlinksInPath().standardizedFileURL.path == its.resolvingSymlinksInPath().standardizedFileURL.path
    }

    /// Whether a run stands here already.
    public var holdsRun: Bool { FileManager.default.fileExists(atPath: description) }

    /// Whether a run got as far as a checkpoint here; one that did not has nothing to lose.
    public func holdsCheckpoint() throws -> Bool { try !CheckpointStore(directory: checkpoints, keep: 1).steps().isEmpty }

    /// Makes the directory and those in it.
    /// - Throws: `Failure.io` where that cannot be done.
    func make() throws {
        for directory in [path, checkpoints, "\(path)/recorders"] { try make(directory) }
    }

    /// With those above it. Foundation's own call does not tell the system's reason.
    private func make(_ directory: String) throws {
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory), isDirectory.boolValue { return }
        // Foundation's own `deletingLastPathComponent` traps on a path of one character.
        let parent = directory.lastIndex(of: "/").map { String(directory[..<$0]) } ?? ""
        if !parent.isEmpty, parent != directory { try make(parent) }
        // Another rank may have made it in between.
        guard mkdir(directory, 0o777) != 0 else { return }
        let code = errno
        if code == EEXIST, FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory), isDirectory.boolValue {
            return
        }
        throw Failure(
            .io,
            "run directory \(path) cannot be made: \(directory): \(systemText(code)); give another one by --run, or "
                + "make room")
    }

    /// Replaces `run.json` atomically.
    func write(_ record: RunRecord) throws {
        try encodedJSON(record).writeReplacing(description)
    }

    /// What `run.json` says.
    public func read() throws -> RunRecord {
        guard let text = try? String(contentsOfFile: description, encoding: .utf8) else {
            throw Failure(.missing, "\(path) is no run directory: it holds no run.json")
        }
        let record = try Recipe.decode(RunRecord.self, from: text, name: description)
        // A record is looked for of every rank.
        let ranks = record.circumstances.ranks
        guard (1...Self.mostRanks).contains(ranks) else {
            throw Failure(.usage, "\(description): found \(ranks) ranks, expected from 1 to \(Self.mostRanks)")
        }
        return record
    }

}

/// `run.json`: the recipe's two halves, and the circumstances of the latest start, which decide nothing.
public struct RunRecord: Codable, Sendable {
    public var experiment: Experiment
    public var execution: Execution
    public var circumstances: Circumstances

    public struct Circumstances: Codable, Sendable {
        public var command: [String]
        public var ranks: Int
        public var hosts: [String]
        public var started: String
        public var mpi: String
        /// The processor of rank 0's host; nil where the system, or an earlier lockstep, did not tell.
        public var processor: String?
        /// Lockstep's own; nil of one that did not tell.
        public var version: String?
        /// Where training was taken up: nil for a run from the beginning.
        public var resumedFrom: String?
    }
}
