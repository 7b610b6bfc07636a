import Foundation
import TestSupport
import Testing
import Timing

/// `lockstep bench training`: where each rank's time goes, by the clock of the step loop.
@Suite(.serialized, .timeLimit(.minutes(5))) struct BenchTrainingTests {
    private func records(
        _ place: Workplace, ranks: Int, _ more: [String] = [], environment: [String: String] = [:]
    ) throws -> [StepRecord] {
        let file = place.path("record.json")
        let command = [
            "bench", "training", "--model", "lenet5", "--data", place.data, "--run", place.path("run"), "--record", file,
        ]
        let usual = ["--global-batch", "64", "--steps", "24", "--warm-up", "3"]
        expectSuccess(try place.lockstep(command + usual + more, ranks: ranks, environment: environment))
        return try StepRecord.read(file)
    }

    /// Every part is timed by itself; nothing of a step is left out, and nothing counts twice. The 600 images make a short step of every
    /// tenth, which does not count.
    @Test(arguments: [1, 2]) func partsMakeTheStep(ranks: Int) throws {
        try Workplace.with { place in
            let record = try #require(try records(place, ranks: ranks, ["--bucket-size", "65536"]).first)
            #expect(record.rankCount == ranks && record.stepCount == 24 && record.globalBatch == 64 && !record.isReplayed)
            for rank in record.ranks {
                #expect(rank.steps.count == 24 && rank.ownWork.count == 24 && rank.samples == 64 / ranks)
                // What the loop does between activities is microseconds; of a rank that loses its core there, milliseconds.
                #expect(rank.parts.sum <= rank.independentSeconds / 24 * 1.001)
                #expect(rank.parts.sum >= rank.independentSeconds / 24 * 0.98, "\(rank.parts)")
                #expect(rank.parts.forward > 0 && rank.parts.backward > 0 && rank.parts.update > 0)
                #expect(rank.parts.waiting >= 0 && rank.parts.checkpoint == 0)
                let operations = rank.operations.reduce(0) { $0 + $1.seconds }
                #expect(abs(operations + rank.parts.data + rank.parts.other - rank.parts.sum) < 1e-9 * rank.parts.sum + 1e-12)
                #expect(zip(rank.steps, rank.ownWork).allSatisfy { $0 * 1.001 >= $1 })
            }
            #expect(record.buckets.count == (ranks == 1 ? 0 : 4), "\(record.buckets)")
            #expect(record.exchange.method == (ranks == 1 ? .none : .tree))
        }
    }

    /// The rank that sleeps is the slowest of almost every step, and what the other one loses by it is waiting.
    @Test func aSlowRankIsTheCause() throws {
        try Workplace.with { place in
            let record = try #require(
                try records(place, ranks: 2, environment: ["LOCKSTEP_FAULT": "slow:1:40"]).first)
            let slower = (0..<24).filter { record.ranks[1].ownWork[$0] > record.ranks[0].ownWork[$0] }.count
            #expect(slower >= 20, "\(record.ranks.map(\.ownWork))")
            #expect(record.ranks[1].parts.forward >= 0.040)
            #expect(record.ranks[0].parts.waiting > 0.020, "\(record.ranks[0].parts)")
            #expect(record.ranks[0].parts.waiting > 4 * record.ranks[1].parts.waiting)
            #expect(record.ranks[0].parts.waiting > record.ranks[0].parts.transfer)
        }
    }

    /// Replayed computing takes what was recorded, and no less; the exchange is real.
    @Test func replayTakesTheRecordedTime() throws {
        try Workplace.with { place in
            let slow = place.path("slow.json")
            var alone = try records(place, ranks: 1, ["--global-batch", "32", "--micro-batches", "4"])
            let measured = try #require(alone[0].ranks[0].computing)
            #expect(
                measured.groupSamples == 32 && measured.forward.allSatisfy { $0 > 0 } && measured.backward.allSatisfy { $0 > 0 })
            // Long enough that what a busy machine adds is little beside it: 80 ms forward, 160 back.
            let sampleSeconds = 0.080 / 32
            var planted = measured
            planted.forward = measured.forward.map { _ in sampleSeconds / Double(measured.forward.count) }
            planted.backward = measured.backward.map { _ in 2 * sampleSeconds / Double(measured.backward.count) }
            alone[0].ranks[0].computing = planted
            try StepRecord.write(alone, to: slow)
            let replayed = try #require(try records(place, ranks: 2, ["--replay", slow, "--steps", "8"]).first)
            #expect(replayed.isReplayed && replayed.rankCount == 2 && replayed.buckets.count == 1)
            for rank in replayed.ranks {
                let parts = rank.parts
                #expect(parts.forward + parts.backward > 0.235 && parts.forward + parts.backward < 0.300, "\(parts)")
                #expect(rank.computing == nil)
            }
        }
    }

    /// Ranks that train alone at once have a record each, and exchange nothing.
    @Test func independentCopies() throws {
        try Workplace.with { place in
            let all = try records(place, ranks: 2, ["--independent"])
            #expect(all.count == 2)
            for copy in all {
                #expect(copy.rankCount == 1 && copy.globalBatch == 64 && copy.exchange.method == .none && copy.sentBytes == 0)
                #expect(copy.ranks[0].parts.waiting < 0.001)
            }
        }
    }

    /// Ranks that go by the program of many, alone: all of its buckets, and nothing that travels.
    @Test func copiesAsOneOfMany() throws {
        try Workplace.with { place in
            let strategies = [["--bucket-size", "65536"], ["--parallelism", "sharded"], ["--exchange", "mpi"]]
            for (strategy, buckets) in zip(strategies, [4, 1, 0]) {
                let all = try records(place, ranks: 2, ["--independent", "--as-one-of-many", "--steps", "4"] + strategy)
                #expect(all.count == 2)
                for copy in all {
                    #expect(copy.rankCount == 1 && copy.buckets.count == buckets && copy.sentBytes == 0, "\(copy)")
                    #expect(copy.exchange.method == (buckets > 0 ? .tree : .mpi))
                    let operations = copy.ranks[0].operations
                    let finishes = operations.filter { $0.kind == .finish }.count
                    #expect(finishes == (strategy.contains("sharded") ? 2 : 1) * buckets, "\(operations)")
                    #expect(operations.contains { $0.kind == .collective })
                }
            }
        }
    }

    /// Checkpoints are a part of their own, where they are asked for.
    @Test func checkpoints() throws {
        try Workplace.with { place in
            let record = try #require(try records(place, ranks: 1, ["--checkpoint-every", "5"]).first)
            #expect(record.ranks[0].parts.checkpoint > 0)
            // Behind steps 5, 15 and 25: those of steps 10 and 20 follow a short batch.
            #expect(record.ranks[0].checkpoints == [1, 10, 19])
            #expect(place.exists("run/checkpoints/step-00000025.safetensors"))
        }
    }

    @Test func whatIsRefused() throws {
        try Workplace.with { place in
            let command = ["bench", "training", "--model", "lenet5", "--data", place.data, "--run", place.path("run")]
            expectFailure(try place.lockstep(command + ["--steps", "0"]), code: 64, "--steps")
            expectFailure(try place.lockstep(command + ["--replay", place.path("none")]), code: 66, "record")
            expectFailure(try place.lockstep(command + ["--as-one-of-many"]), code: 64, "--independent")
            let text = try place.write("{}", "text.json")
            expectFailure(try place.lockstep(command + ["--replay", text]), code: 65, "no record of training steps")
            let file = place.path("record.json")
            expectSuccess(try place.lockstep(command + ["--steps", "2", "--warm-up", "0", "--record", file], ranks: 1))
            expectFailure(
                try place.lockstep(command + ["--replay", file, "--global-batch", "32", "--steps", "2"], ranks: 1), code: 64,
                "computed up to 64 samples together, these ranks 32")
            expectFailure(
                try place.lockstep(command + ["--replay", file, "--model", "mlp", "--steps", "2"], ranks: 1), code: 64,
                "another model")
        }
    }
}
