import Cluster
import Diagnostics
import Foundation
import Scaling
import Timing
import Training

/// Measures how a recipe scales: every point once in each turn, so that a machine that drifts decides nothing.
///
/// The command of ranks is `lockstep bench training`, started by mpirun for each point and turn.
public struct ScalingMeasurement {
    /// What has just been measured.
    public struct Progress: Sendable {
        /// Of which turn.
        public let turn: String
        public let ranks: Int
        public let areCopies: Bool
        public let microBatches: Int
        public let globalBatch: Int
        public let imagesPerSecond: Double
    }

    public internal(set) var record: ScalingRecord
    public let directory: ScalingDirectory
    let request: ScalingRequest
    let jobs: [ScalingJob]
    private let progress: (Progress) -> Void
    /// Taken so far.
    private var turns = 0
    /// Files of recorded computing, by what a rank computes; empty where computing is real.
    private var computing: [ComputeShare: String] = [:]
    /// The same for all jobs, however many ranks they have.
    let binding: RankBinding

    /// - Parameter progress: told of every measurement when it is there.
    /// - Throws: `Failure.usage` where the request does not fit together.
    public init(
        _ request: ScalingRequest, in directory: ScalingDirectory, command: [String], environment: ScalingEnvironment,
        progress: @escaping (Progress) -> Void
    ) throws {
        try request.check()
        (self.request, self.directory, self.progress) = (request, directory, progress)
        jobs = ScalingJob.all(of: request)
        binding = .common(
            largest: request.rankCounts.max() ?? 1, hosts: request.hosts, environment: ProcessInfo.processInfo.environment)
        record = ScalingRecord(recipe: request.name, command: command, environment: environment)
        record.environment.binding = binding.description
        for job in jobs {
            for place in job.places {
                if job.areCopies {
                    record.copies.append(IndependentCopies(place.mode, count: job.ranks))
                } else {
                    record.points.append(ScalingPoint(place.mode, ranks: job.ranks, label: place.label))
                }
            }
        }
        for job in jobs { try encodedJSON(recipe(of: job)).writeReplacing(directory.recipe(job.name)) }
    }

    /// Predicts, measures all turns, and writes `scaling.json` after each.
    ///
    /// - Parameter warn: told what could not be done.
    /// - Throws: `Failure` with the last words of ranks that did not end well.
    public mutating func run(warn: (String) -> Void) throws {
        if request.replays { try recordComputing() }
        if let problem = try predict() { warn(problem) }
        for turn in 1...request.turns { try take("turn \(turn) of \(request.turns)") { _ in true } }
        // What strays beyond the limit is measured again, beside its baseline; what strays still is marked by whoever reads the figures.
        for again in 1...Self.mostExtraTurns {
            let wide = tooWide
            if wide.isEmpty { break }
            try take("again, \(again)") { job in
                // A turn without the baseline is in no ratio, and one of the baseline alone in none either.
                job.places.contains { place in
                    wide.contains { $0.mode == place.mode && (job.ranks == 1 || $0.ranks == 1 || $0.ranks == job.ranks) }
                }
            }
        }
    }

    /// Notes the peak rate of a core behind the measurements, beside that before them.
    public mutating func note(peak: Double) throws {
        record.environment.peak.append(peak)
        try directory.write(record)
    }

    private static let mostExtraTurns = 2

    /// Points that stray too far, but for single-rank ones that are not the baseline.
    private var tooWide: [PointFigures] {
        request.modes.flatMap { mode in
            let baseline = record.baseline(mode)?.label
            return record.figures(mode).filter { $0.isTooWide && ($0.ranks > 1 || $0.label == baseline) }
        }
    }

    /// One turn, of the jobs that are asked for.
    ///
    /// - Parameter name: what progress calls it.
    mutating func take(_ name: String, _ isAsked: (ScalingJob) -> Bool) throws {
        turns += 1
        for job in jobs {
            guard isAsked(job) else {
                enter([], of: job)
                continue
            }
            let records = try measure(job)
            enter(records, of: job)
            progress(
                Progress(
                    turn: name, ranks: job.ranks, areCopies: job.areCopies,
                    microBatches: job.microBatches, globalBatch: job.globalBatch,
                    imagesPerSecond: records.reduce(0) { $0 + $1.imagesPerSecond }))
        }
        try directory.write(record)
    }

    /// - Parameter records: none where the turn has none of this job.
    private mutating func enter(_ records: [StepRecord], of job: ScalingJob) {
        for place in job.places {
            if job.areCopies {
                for index in record.copies.indices
                where record.copies[index].mode == place.mode && record.copies[index].count == job.ranks {
                    record.copies[index].turns.append(records)
                }
            } else {
                for index in record.points.indices
                where record.points[index].mode == place.mode && record.points[index].ranks == job.ranks
                    && record.points[index].label == place.label
                {
                    record.points[index].turns.append(records.first)
                }
            }
        }
    }

    private func measure(_ job: ScalingJob) throws -> [StepRecord] {
        let file = directory.record(job.name, turn: turns)
        var options = job.areCopies ? ["--independent"] : []
        if let times = computing[job.share] { options += ["--replay", times] }
        try start(job.name, ranks: job.ranks, options + ["--record", file])
        return try StepRecord.read(file)
    }

    /// What computing takes one rank, for every share of a batch that a rank has at some point.
    private mutating func recordComputing() throws {
        for job in jobs where computing[job.share] == nil {
            let share = job.share
            let name = "computing-\(share.batch)-in-\(share.microBatches)"
            try encodedJSON(recipe(share.batch, share.microBatches)).writeReplacing(directory.recipe(name))
            let file = directory.computing(name)
            try start(name, ranks: 1, ["--record", file])
            computing[share] = file
        }
    }

    /// What ranks measure that train alone, each by the program of many, as many at once as the smallest point of several has: of each turn
    /// their records.
    mutating func measureShare(_ share: ComputeShare, ranks: Int, turns: Int) throws -> MeasuredShare {
        let name = "share-\(share.batch)-in-\(share.microBatches)"
        try encodedJSON(recipe(share.batch, share.microBatches)).writeReplacing(directory.recipe(name))
        var measured = MeasuredShare()
        for turn in 1...turns {
            let file = directory.record(name, turn: turn)
            let replay = computing[share].map { ["--replay", $0] } ?? []
            try start(name, ranks: ranks, ["--independent", "--as-one-of-many", "--record", file] + replay)
            measured.turns.append(try StepRecord.read(file))
        }
        return measured
    }

    private func start(_ name: String, ranks: Int, _ options: [String]) throws {
        let output = directory.output(name)
        let command =
            ["bench", "training", directory.recipe(name), "--run", directory.run(name)]
            + ["--steps", "\(request.steps)", "--warm-up", "\(request.warmUp)"] + options
        let launch = RankLaunch(ranks: ranks, arguments: command, hosts: request.hosts, binding: binding)
        let code = try launch.run(output: output)
        guard code == 0 else { throw TrialEnd.failure(of: launch, code: code, output: output) }
    }

    private func recipe(of job: ScalingJob) -> Recipe { recipe(job.globalBatch, job.microBatches) }

    private func recipe(_ batch: Int, _ microBatches: Int) -> Recipe {
        var recipe = request.recipe
        (recipe.experiment.globalBatch, recipe.experiment.microBatches) = (batch, microBatches)
        return recipe
    }
}
