import Diagnostics
import Foundation
import Parallelism
import Yams

/// What to train and how: the experiment, which decides bits, and its execution, which does not.
public struct Recipe: Sendable, Equatable {
    public var experiment: Experiment
    public var execution: Execution

    public init(experiment: Experiment, execution: Execution = Execution()) {
        self.experiment = experiment
        self.execution = execution
    }

    /// Reads a recipe from YAML (JSON is YAML too), or takes the built-in one of that name where there is no such file.
    /// - Throws: `Failure` with the path of the setting that is wrong, and the nearest known name where a key is unknown.
    public static func read(_ path: String) throws -> Recipe {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            var isDirectory: ObjCBool = false
            let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
            guard isThere, !isDirectory.boolValue || !BuiltInRecipe.all.contains(where: { $0.name == path }) else {
                return Recipe(experiment: try BuiltInRecipe.named(path).experiment)
            }
            throw Failure(.badData, "recipe \(path): cannot be read as UTF-8 text")
        }
        return try parse(text, name: path)
    }

    static func parse(_ text: String, name: String) throws -> Recipe { try decode(Recipe.self, from: text, name: name) }

    /// - Parameter kind: what a fault in the text is: a user's mistake, or bad data where Lockstep wrote the text itself.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from text: String, name: String, kind: Failure.Kind = .usage
    ) throws -> Value {
        guard !text.allSatisfy(\.isWhitespace) else { throw Failure(kind, "\(name): it is empty") }
        do {
            let yaml = try YAMLText(text)
            return try withExtendedLifetime(yaml) { try YAMLDecoder().decode(type, from: yaml.root) }
        } catch let error as DecodingError {
            throw Failure(kind, "\(name): \(error.explanation)")
        } catch {
            throw Failure(kind, "\(name): \((error as? Failure)?.description ?? String(describing: error))")
        }
    }
}

extension Recipe: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case experiment, execution }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        experiment = try container.decode(Experiment.self, forKey: .experiment)
        execution = try container.decode(.execution, or: Execution())
    }
}

/// The half of a recipe that decides where and how an experiment runs, and no bit of its results.
public struct Execution: Sendable, Equatable {
    /// The directory of the data set.
    public var data: String?
    /// The run directory; nil takes the next free one in `runs/`.
    public var run: String?
    /// Checkpoints kept, the newest ones.
    public var keep: Int = 3
    /// Steps between two rows of a step in metrics.csv; 0 for none.
    public var logEvery: Int = 50
    /// Epochs between two histograms of parameters and gradients among the events; 0 for none.
    public var histogramsEvery: Int = 0
    /// How often a checkpoint is written, beside those at the end of every epoch; nil for those alone.
    public var checkpointEvery: CheckpointInterval?
    /// Ends training after so many steps, whatever the epochs say.
    public var maxSteps: Int?
    /// Ends training behind the step in which the time since the start comes to this, to be gone on with later.
    public var timeLimit: TimeSpan?
    /// The longest that a rank waits for others, or for its data.
    public var deadline = TimeSpan.minutes(5)
    /// Steps between two evaluations on the images held out, beside those at the end of an epoch; 0 for none.
    public var evaluateEvery: Int = 0
    /// Ends training at the first evaluation whose validation error is strictly below this share of the images held out.
    public var goal: Double?
    /// What each rank holds of the model.
    public var parallelism = ParameterPlacement.replicated
    /// In hybrid parallelism, how samples come to the linear layers.
    public var scheme = HybridScheme.b
    /// What adds gradients up over all ranks.
    public var exchange = ExchangeMethod.tree
    /// Whether gradients are exchanged while others are still computed.
    public var overlap = true
    /// About the bytes of gradients that are exchanged at once.
    public var bucketSize: Int = 1 << 20
    /// Steps between two comparisons of what all ranks hold; 0 for none.
    public var checkEvery: Int = 100
    /// Steps, from the first on, whose timeline is written to the run directory.
    public var traceSteps: Int = 0
    /// More than any viewer shows.
    static let mostTraceSteps = 1_000

    public init() {}

    func validate() throws {
        try Experiment.check(keep, "keep")
        try Experiment.check(logEvery, "log-every", from: 0)
        try Experiment.check(histogramsEvery, "histograms-every", from: 0)
        if let maxSteps { try Experiment.check(maxSteps, "max-steps") }
        try Experiment.check(evaluateEvery, "evaluate-every", from: 0)
        if let goal, !(goal > 0 && goal <= 1) {
            throw Failure(.usage, "goal: found \(goal), expected a validation error above 0 and at most 1")
        }
        try Experiment.check(checkEvery, "check-every", from: 0)
        guard (0...Self.mostTraceSteps).contains(traceSteps) else {
            throw Failure(
                .usage, "trace-steps (--trace): found \(traceSteps), expected a number from 0 to \(Self.mostTraceSteps)")
        }
        try Experiment.check(bucketSize, "bucket-size", from: 64)
    }
}

extension Execution: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case data, run, keep, parallelism, scheme, exchange, overlap
        case bucketSize = "bucket-size"
        case checkEvery = "check-every"
        case logEvery = "log-every"
        case histogramsEvery = "histograms-every"
        case traceSteps = "trace-steps"
        case checkpointEvery = "checkpoint-every"
        case maxSteps = "max-steps"
        case timeLimit = "time-limit"
        case deadline
        case evaluateEvery = "evaluate-every"
        case goal
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        data = try container.decodeIfPresent(String.self, forKey: .data)
        run = try container.decodeIfPresent(String.self, forKey: .run)
        keep = try container.decode(.keep, or: keep)
        maxSteps = try container.decodeIfPresent(Int.self, forKey: .maxSteps)
        checkpointEvery = try container.decodeIfPresent(CheckpointInterval.self, forKey: .checkpointEvery)
        timeLimit = try container.decodeIfPresent(TimeSpan.self, forKey: .timeLimit)
        deadline = try container.decode(.deadline, or: deadline)
        evaluateEvery = try container.decode(.evaluateEvery, or: evaluateEvery)
        goal = try container.decodeIfPresent(Double.self, forKey: .goal)
        logEvery = try container.decode(.logEvery, or: logEvery)
        histogramsEvery = try container.decode(.histogramsEvery, or: histogramsEvery)
        parallelism = try container.decode(.parallelism, or: parallelism)
        scheme = try container.decode(.scheme, or: scheme)
        exchange = try container.decode(.exchange, or: exchange)
        overlap = try container.decode(.overlap, or: overlap)
        checkEvery = try container.decode(.checkEvery, or: checkEvery)
        traceSteps = try container.decode(.traceSteps, or: traceSteps)
        bucketSize = try container.decode(.bucketSize, or: bucketSize)
    }
}

extension Failure {
    /// Where no data set's directory is known, and there is none to be had without one.
    public static let noDataSet = Failure(
        .usage, "no data set is named: give its directory by --data, or make the built-in one by 'lockstep data synthesize DIR'")
}

extension Recipe {
    public func validate() throws {
        try experiment.validate()
        try execution.validate()
        try checkCombination()
    }
}
