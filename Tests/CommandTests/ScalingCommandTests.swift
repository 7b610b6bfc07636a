import Foundation
import Scaling
import TestSupport
import Testing

/// `lockstep scaling`: rank counts in turns, each started under mpirun, and what is made of them.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ScalingCommandTests {
    private static let recipe = """
        experiment: {model: lenet5, global-batch: 32, micro-batches: 2, optimiser: {rate: 0.01, momentum: 0.9}}
        execution: {check-every: 0}
        """

    private func scaling(
        _ place: Workplace, _ more: [String], environment: [String: String] = [:]
    ) throws -> (run: Subprocess, record: ScalingRecord?) {
        let recipe = try place.write(Self.recipe, "recipe.yaml")
        let command = ["scaling", recipe, "--data", place.data, "--directory", place.path("scaling"), "--oversubscribe"]
        let run = try place.lockstep(
            command + ["--steps", "6", "--warm-up", "1"] + more, environment: environment, timeLimit: 240)
        let data = FileManager.default.contents(atPath: place.path("scaling/scaling.json"))
        return (run, try data.map { try JSONDecoder().decode(ScalingRecord.self, from: $0) })
    }

    /// All points have a record of each turn, beside copies; one rank is a point of both modes, with the recipe's micro-batches and with one.
    @Test func bothModesInTurns() throws {
        try Workplace.with { place in
            let (run, found) = try scaling(place, ["--np", "2", "--repeat", "2"])
            expectSuccess(run)
            let record = try #require(found)
            for mode in ScalingMode.allCases {
                let points = record.points.filter { $0.mode == mode }
                #expect(
                    points.map(\.ranks) == [1, 1, 2] && points[0].label == "2 micro-batches" && points[1].label == "1 micro-batch")
                #expect(points.allSatisfy { (2...4).contains($0.turns.count) && $0.turns.prefix(2).allSatisfy { $0 != nil } })
                let pair = try #require(points[2].turns[0])
                #expect(pair.globalBatch == (mode == .strong ? 32 : 64) && pair.microBatches == (mode == .strong ? 2 : 4))
                #expect(pair.stepCount == 6 && pair.rankCount == 2 && pair.ranks[0].samples == pair.globalBatch / 2)
                let copies = try #require(record.copies.first { $0.mode == mode })
                #expect(copies.count == 2 && copies.turns[0].count == 2 && copies.turns[0][1].globalBatch == pair.globalBatch / 2)
                #expect(record.figures(mode).allSatisfy { $0.rate > 0 })
            }
            #expect(record.environment.peak.count == 2)
            #expect(try String(contentsOfFile: place.path("scaling/scaling.html"), encoding: .utf8).contains("</html>"))
            expectFailure(try scaling(place, ["--np", "2"]).run, code: 64, "already holds a scaling measurement")
        }
    }

    /// The rank that was made slow is named as the cause.
    @Test func aSlowRankIsNamed() throws {
        try Workplace.with { place in
            let (run, found) = try scaling(
                place, ["--np", "2", "--weak", "--micro-batches", "1", "--repeat", "2", "--steps", "20"],
                environment: ["LOCKSTEP_FAULT": "slow:1:40"])
            expectSuccess(run)
            let record = try #require(found)
            #expect(
                record.causes(.weak).contains { if case .slowRank(let rank) = $0.kind { rank == 1 } else { false } },
                "\(run.report)")
            #expect(run.standardOutput.contains("rank 1"), "\(run.report)")
        }
    }

    /// Where a network is known, what more ranks will take is written down before they are measured.
    @Test func replayAndPrediction() throws {
        try Workplace.with { place in
            let (run, found) = try scaling(
                place,
                ["--np", "2,4", "--weak", "--compute", "replay", "--repeat", "1", "--network", "20us,1GB/s"])
            expectSuccess(run)
            let record = try #require(found)
            #expect(record.copies.isEmpty && record.points.map(\.ranks) == [1, 2, 4])
            #expect(record.points.allSatisfy { $0.turns.allSatisfy { $0?.isReplayed ?? true } })
            let errors = record.predictionErrors(.weak)
            #expect(errors.map(\.prediction.ranks) == [2, 4] && errors.allSatisfy(\.wasMadeBefore), "\(errors)")
            #expect(record.predictions.map(\.ranks).sorted() == (1...10).map { 1 << $0 })
            #expect(record.predictions.allSatisfy { $0.madeFrom == [1] } && record.environment.binding == "none")
        }
    }

    @Test func whatIsRefused() throws {
        try Workplace.with { place in
            let recipe = try place.write(Self.recipe, "recipe.yaml")
            func refused(_ more: [String], code: Int32 = 64, _ words: String) throws {
                let run = try place.lockstep(
                    ["scaling", recipe, "--data", place.data, "--directory", place.path("scaling")] + more)
                expectFailure(run, code: code, words)
                #expect(!place.exists("scaling"))
            }
            try refused(["--np", "1,x"], "--np: found '1,x'")
            try refused(["--np", "1,1"], "--np: found '1,1', expected different rank counts from 1 to 4096")
            try refused(["--np", "1,4097"], "--np: found '1,4097'")
            try refused(["--np", "1,4096", "--weak"], "--oversubscribe")
            try refused(["--np", "1,4", "--oversubscribe"], "2 micro-batches cannot be shared evenly by 4 ranks")
            try refused(["--np", "2", "--global-batch", "33", "--oversubscribe"], "a global batch of 33")
            try refused(["--np", "2", "--oversubscribe", "--repeat", "0"], "--repeat")
            try refused(["--np", "2", "--hostfile", place.path("none")], code: 66, "hostfile")
            try refused(["--np", "1", "--network", "fast"], "--network: found 'fast'")
            try refused(["--np", "1", "--set", "momentum"], "--set: found 'momentum'")
            try refused(
                ["--np", "2", "--oversubscribe", "--compute", "replay", "--parallelism", "hybrid"], "--compute replay")
        }
    }
}
