import Diagnostics
import Foundation
import Timing

/// All that a scaling measurement found: the content of `scaling.json`, from which tables and page are made.
public struct ScalingRecord: Sendable, Codable, Equatable {
    /// Of this format.
    public static let currentVersion = 1

    public var version = Self.currentVersion
    /// The recipe, as the user named it.
    public var recipe: String
    /// The words that repeat it.
    public var command: [String]
    public var environment: ScalingEnvironment
    /// Single-rank points among them, of which the fastest is the baseline.
    public var points: [ScalingPoint]
    public var copies: [IndependentCopies]
    /// What the predictions were made with; nil where there are none.
    public var network: NetworkModel?
    /// What networks were fitted to.
    public var sums: [AllReduceTime] = []
    public var predictions: [Prediction]

    public init(
        recipe: String, command: [String], environment: ScalingEnvironment, points: [ScalingPoint] = [],
        copies: [IndependentCopies] = [], network: NetworkModel? = nil, predictions: [Prediction] = []
    ) {
        (self.recipe, self.command, self.environment) = (recipe, command, environment)
        (self.points, self.copies, self.network, self.predictions) = (points, copies, network, predictions)
    }
}

extension ScalingRecord {
    /// - Throws: `Failure.missing` where the file cannot be read, `Failure.badData` where it holds something else.
    public static func read(_ path: String) throws -> ScalingRecord {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(.missing, "the scaling measurement \(path) cannot be read")
        }
        guard let record = try? JSONDecoder().decode(ScalingRecord.self, from: data), record.steps.allSatisfy(\.isConsistent) else {
            throw Failure(.badData, "\(path) is no scaling measurement, as 'lockstep scaling' writes it")
        }
        return record
    }

    /// Of all points and copies.
    private var steps: [StepRecord] { points.flatMap(\.turns).compactMap(\.self) + copies.flatMap(\.turns).flatMap(\.self) }
}

/// What stays the same while ranks are added.
public enum ScalingMode: String, Sendable, Codable, CaseIterable {
    /// The global batch.
    case strong
    /// Each rank's batch.
    case weak
}

/// One rank count, measured in turns with the others: turn t of every point was run next to turn t of the others.
public struct ScalingPoint: Sendable, Codable, Equatable {
    public var mode: ScalingMode
    public var ranks: Int
    /// Tells apart several single-rank points, as one with a single micro-batch from one with eight; may be empty.
    public var label: String
    /// In order; nil where a turn of the others has no counterpart here.
    public var turns: [StepRecord?]

    public init(_ mode: ScalingMode, ranks: Int, label: String = "", turns: [StepRecord?] = []) {
        (self.mode, self.ranks, self.label, self.turns) = (mode, ranks, label, turns)
    }
}

/// So many single-rank runs at once that know nothing of each other: what the machine itself allows.
public struct IndependentCopies: Sendable, Codable, Equatable {
    public var mode: ScalingMode
    /// How many at once.
    public var count: Int
    /// In the order of the points' turns: one record for each copy; empty where the turn has none.
    public var turns: [[StepRecord]]

    public init(_ mode: ScalingMode, count: Int, turns: [[StepRecord]] = []) {
        (self.mode, self.count, self.turns) = (mode, count, turns)
    }
}

/// Where it was measured.
public struct ScalingEnvironment: Sendable, Codable, Equatable {
    /// Of Lockstep.
    public var release: String
    public var processor: String
    public var cores: Int
    public var hosts: [String]
    public var mpi: String
    public var system: String
    /// Flop/s of one core's fused multiply-adds before and after, which tells whether the machine was the same.
    public var peak: [Double]
    /// What every job's ranks were bound to; nil where nobody noted it.
    public var binding: String?

    public init(
        release: String, processor: String, cores: Int, hosts: [String], mpi: String, system: String, peak: [Double] = []
    ) {
        (self.release, self.processor, self.cores, self.hosts) = (release, processor, cores, hosts)
        (self.mpi, self.system, self.peak) = (mpi, system, peak)
    }
}
