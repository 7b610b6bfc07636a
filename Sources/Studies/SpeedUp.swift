import Cluster
import Diagnostics
import Foundation
import Networks
import Reports
import Training

/// How many times as fast two ranks take a trial's steps as one does, at the same global batch: `bench step` in turns, so that a machine
/// whose speed drifts gives each as much.
public struct SpeedUp: Sendable, Equatable, Codable {
    static let ranks = 2
    private static let turns = 3
    private static let secondsOfATurn = 4

    /// The trial's settings.
    public let label: String
    public let globalBatch: Int
    /// Images per second of one rank and of two, turn by turn.
    public let one: [Double]
    public let two: [Double]

    /// Of each turn.
    public var ratios: Spread { Spread(zip(one, two).map { $1 / $0 }) }

    /// Measures what the study names; nil where there is nothing to measure, or no core for each rank. To be called when no trial runs.
    ///
    /// - Parameter progress: called before each turn with how many of how many are done.
    static func measure(_ study: Study, in directory: StudyDirectory, progress: (_ done: Int, _ of: Int) -> Void) throws
        -> [SpeedUp]?
    {
        let trials = study.trials.filter { study.speedUpTrials?.contains($0.name) ?? false }
        guard !trials.isEmpty, Cores.physical >= ranks else { return nil }
        return try trials.enumerated().map { index, trial in
            var rates: [[Double]] = [[], []]
            for turn in 0..<turns {
                progress(index * turns + turn, trials.count * turns)
                for ranks in 1...ranks { rates[ranks - 1].append(try imagesPerSecond(trial, ranks: ranks, in: directory)) }
            }
            return SpeedUp(
                label: trial.label, globalBatch: trial.recipe.experiment.globalBatch, one: rates[0], two: rates[1])
        }
    }

    private static func imagesPerSecond(_ trial: Trial, ranks: Int, in directory: StudyDirectory) throws -> Double {
        let experiment = trial.recipe.experiment
        let model = "\(directory.path)/speed-up-model.json"
        let output = "\(directory.path)/speed-up-output.txt"
        try encodedJSON(experiment.resolvedModel()).writeReplacing(model)
        defer { for path in [model, output] { try? FileManager.default.removeItem(atPath: path) } }
        let code = try RankLaunch(
            ranks: ranks,
            arguments: [
                "bench", "step", "--models", model, "--batch", "\(experiment.globalBatch)", "--micro-batches",
                "\(experiment.microBatches)", "--seconds", "\(secondsOfATurn)", "--json",
            ]
        ).run(output: output)
        let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").compactMap { try? JSONDecoder().decode(BenchLine.self, from: Data($0.utf8)) }.first
        guard code == 0, let rate = line?.imagesPerSecond["wall"] else {
            throw Failure(.fault, "the speed-up could not be measured: bench step on \(ranks) ranks said: \(text.suffix(300))")
        }
        return rate
    }

    /// What is read of a line of `bench step --json`.
    private struct BenchLine: Decodable {
        let imagesPerSecond: [String: Double]
        enum CodingKeys: String, CodingKey { case imagesPerSecond = "images-per-second" }
    }
}

extension StudyDirectory {
    var speedUp: String { "\(path)/speed-up.json" }

    /// What was measured once all trials had ended; none before.
    public var speedUps: [SpeedUp] {
        FileManager.default.contents(atPath: speedUp).flatMap { try? JSONDecoder().decode([SpeedUp].self, from: $0) } ?? []
    }

    /// Measures the study's speed-ups, unless that is done or another process is at it.
    public func measureSpeedUps(of study: Study, progress: (_ done: Int, _ of: Int) -> Void) throws {
        guard study.speedUpTrials?.isEmpty == false, !FileManager.default.fileExists(atPath: speedUp) else { return }
        let claims = try Claims(directory: claims)
        guard let claim = try claims.take("speed-up", over: try claims.standing()["speed-up"] ?? 0) else { return }
        defer { claims.release(claim) }
        guard let measured = try SpeedUp.measure(study, in: self, progress: progress) else { return }
        try encodedJSON(measured).writeReplacing(speedUp)
    }
}

extension SpeedUp {
    /// One line for each trial that was timed.
    public static func table(_ speedUps: [SpeedUp]) -> Table {
        func range(_ values: [Double], _ decimals: Int) -> String {
            let (least, most) = (values.min() ?? .nan, values.max() ?? .nan)
            return String(format: "%.\(decimals)f (%.\(decimals)f to %.\(decimals)f)", Spread(values).mean, least, most)
        }
        return Table(
            columns: [
                .init("steps of"), .init("global batch", .trailing), .init("images/s, 1 rank", .trailing),
                .init("images/s, 2 ranks", .trailing), .init("speed-up", .trailing),
            ],
            rows: speedUps.map { measured in
                [
                    measured.label, "\(measured.globalBatch)", range(measured.one, 0), range(measured.two, 0),
                    range(measured.ratios.values, 2),
                ].map { Table.Cell($0) }
            })
    }
}
