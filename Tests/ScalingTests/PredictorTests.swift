import Diagnostics
import Parallelism
import Testing
import Timing

@testable import Scaling

@Suite struct PredictorTests {
    private let network = NetworkModel(
        link: .init(latency: 50e-6, bandwidth: 0.12e9), node: .init(latency: 5e-6, secondsPerByte: 2e-10), source: "planted")

    /// What a rank of many measures by itself, of a step that computes a fixed time and one for each sample.
    private func alone(samples: Int, microBatches: Int = 1, method: StepRecord.Exchange.Method = .tree) -> MeasuredShare {
        let seconds: Double = 0.004 + 0.001 * Double(samples)
        let work = PlantedWork(forward: seconds / 3, backward: seconds * 2 / 3)
        var run = StepRecord.planted([work], samplesPerRank: samples)
        (run.exchange.method, run.microBatches) = (method, microBatches)
        return MeasuredShare(turns: [[run, run]])
    }

    private func predictor(
        _ shares: [MeasuredShare], _ mode: ScalingMode = .weak, batch: Int = 32, microBatches: Int = 1
    ) throws -> Predictor {
        try Predictor(shares, mode: mode, globalBatch: batch, microBatches: microBatches, network: network)
    }

    /// Weak scaling keeps a rank's work, whatever the ranks; the bucket of 1 MiB, which is ready at the way back's end, goes (n − 1)/n twice
    /// over the link, and is through where n is large in 2 · (latency + bytes ÷ bandwidth).
    @Test(arguments: [2, 4, 8, 64, 1024]) func weakScaling(ranks: Int) throws {
        let prediction = try predictor([alone(samples: 32)]).prediction(ranks: ranks, madeAt: "2026-01-01T00:00:00Z")
        let share = Double(ranks - 1) / Double(ranks)
        let transfer: Double = 2 * (50e-6 + Double(1 << 20) * share / 0.12e9)
        #expect(abs(prediction.computeSeconds - 0.037) < 1e-9)
        #expect(abs(prediction.waitSeconds / transfer - 1) < 1e-3, "\(prediction)")
        #expect(prediction.globalBatch == 32 * ranks && prediction.madeFrom == [1])
    }

    /// Ranks that were measured together serve as those that were alone.
    @Test func fromRanksTogether() throws {
        let work = PlantedWork(forward: 0.012, backward: 0.024)
        let run = StepRecord.planted([work, work], hosts: ["a", "b"])
        let prediction = try predictor([MeasuredShare(turns: [[run]])]).prediction(ranks: 4, madeAt: "")
        #expect(abs(prediction.computeSeconds - 0.037) < 1e-9 && prediction.madeFrom == [2])
    }

    /// Strong scaling cuts a rank's samples: what was measured where it was, and else along the line through what was, not in proportion.
    @Test func strongScalingFollowsTheLine() throws {
        let shares = [alone(samples: 128, microBatches: 4), alone(samples: 64, microBatches: 2)]
        let strong = try predictor(shares, .strong, batch: 256, microBatches: 8)
        // One update of 1 ms beside 4 ms and 1 ms for each of 32 samples; eight micro-batches, which are computed together, are one for each rank.
        for (ranks, samples) in [(2, 128), (4, 64), (8, 32)] {
            let prediction = strong.prediction(ranks: ranks, madeAt: "2026-01-01T00:00:00Z")
            #expect(abs(prediction.computeSeconds - (0.005 + 0.001 * Double(samples))) < 1e-6, "\(prediction)")
            #expect(prediction.globalBatch == 256)
        }
        let one = try predictor([shares[0]], .strong, batch: 256, microBatches: 8).prediction(ranks: 8, madeAt: "")
        #expect(abs(one.computeSeconds - (0.132 / 4 + 0.001)) < 1e-6, "\(one)")
        // From 512 ranks on there is no sample for each.
        #expect(strong.curve(madeAt: "").map(\.ranks) == [2, 4, 8, 16, 32, 64, 128, 256])
    }

    /// A fast rank among slow ones decides nothing; more ranks meet the slowest step more often, but never a slower one.
    @Test func theSlowestDecides() throws {
        var run = StepRecord.planted([PlantedWork(), PlantedWork()])
        // One rank's steps take 30 or 40 ms by turns, the other's 30 ms: the slower of the two 35 ms on the mean, of a hundred 40 ms.
        for step in 0..<10 { (run.ranks[0].ownWork[step], run.ranks[1].ownWork[step]) = (step % 2 == 0 ? 0.030 : 0.040, 0.030) }
        let template = try StepTemplate(MeasuredShare(turns: [[run]]))
        let mean = 0.0325
        #expect(abs(template.stretch(ranks: 2) - 0.035 / mean) < 1e-9)
        // The largest of two draws is 40 ms in 7 of 16 cases, of a hundred in all but for 3 · 10⁻¹³.
        let growth: Double = 0.040 - (0.040 * 7 / 16 + 0.030 * 9 / 16)
        #expect(abs(template.stretch(ranks: 100) - (0.035 + growth) / mean) < 1e-9)
        // The same of two that were alone at once.
        var copies = [run, run]
        for number in 0..<2 { copies[number].ranks = [run.ranks[number]] }
        #expect(try StepTemplate(MeasuredShare(turns: [copies])).stretch(ranks: 100) == template.stretch(ranks: 100))
    }

    /// Sharded ranks update an N-th each: of 1 ms of one rank a quarter of a millisecond of four; what else they compute stays.
    @Test func shardedRanksShareTheUpdate() throws {
        var share = alone(samples: 32)
        share.turns[0][0].exchange.placement = .sharded
        let prediction = try predictor([share]).prediction(ranks: 4, madeAt: "")
        #expect(abs(prediction.computeSeconds - (0.036 + 0.00025)) < 1e-9, "\(prediction)")
    }

    /// Groups of micro-batches in front of the last one overlap with nothing: with one group for each rank they are gone.
    @Test func earlierGroupsAreLeftOut() throws {
        var run = StepRecord.planted([PlantedWork(), PlantedWork()], hosts: ["a", "b"], samplesPerRank: 64)
        run.microBatches = 4
        for rank in 0..<2 {
            run.ranks[rank].operations.insert(
                contentsOf: [
                    TimedOperation("forward 0", .forward, seconds: 0.010, microBatch: -1),
                    TimedOperation("backward 0", .backward, seconds: 0.018, microBatch: -1),
                ], at: 0)
        }
        let predictor = try predictor([MeasuredShare(turns: [[run]])], .strong, batch: 128, microBatches: 4)
        #expect(abs(predictor.prediction(ranks: 2, madeAt: "").computeSeconds - (0.028 + 0.031)) < 1e-9)
        #expect(abs(predictor.prediction(ranks: 4, madeAt: "").computeSeconds - 0.031) < 1e-9)
        // Eight ranks have half a micro-batch's samples each.
        #expect(abs(predictor.prediction(ranks: 8, madeAt: "").computeSeconds - 0.016) < 1e-9)
    }

    @Test func sumsByMPI() throws {
        var share = alone(samples: 32, method: .mpi)
        for copy in 0..<2 {
            share.turns[0][copy].ranks[0].operations = [
                TimedOperation("forward", .forward, seconds: 0.01, microBatch: 0),
                TimedOperation("backward", .backward, seconds: 0.02, microBatch: 0),
                TimedOperation("exchange", .collective, seconds: 0.5, bytes: 1 << 20),
            ]
        }
        let prediction = try predictor([share]).prediction(ranks: 4, madeAt: "")
        #expect(abs(prediction.waitSeconds - 6 * (50e-6 + Double(1 << 18) / 0.12e9)) < 1e-8, "\(prediction)")
    }

    @Test func aThousandRanksTakeSeconds() throws {
        var run = StepRecord.planted(
            [PlantedWork(), PlantedWork()], hosts: ["a", "b"], bucketFloats: Array(repeating: 1 << 18, count: 40))
        run.exchange.sumsMicroBatches = true
        let predictor = try predictor([MeasuredShare(turns: [[run]])], microBatches: 4)
        let clock = ContinuousClock()
        var curve: [Prediction] = []
        let time = clock.measure { curve = predictor.curve(madeAt: "") }
        #expect(curve.map(\.ranks) == [4, 8, 16, 32, 64, 128, 256, 512, 1024])
        #expect(time < .seconds(10), "\(time)")
        #expect(zip(curve, curve.dropFirst()).allSatisfy { $0.secondsPerStep <= $1.secondsPerStep + 1e-9 })
    }

    /// Only a prediction that is older than its point, and was not made from it, is a test.
    @Test func errorsOfPredictions() throws {
        var record = ScalingRecord(recipe: "", command: [], environment: .planted)
        record.points = [2, 4].map { ranks in
            let works = Array(repeating: PlantedWork(forward: 0.012, backward: 0.024), count: ranks)
            return ScalingPoint(.weak, ranks: ranks, turns: [.planted(works)])
        }
        func prediction(_ ranks: Int, _ madeAt: String, _ madeFrom: [Int]) -> Prediction {
            Prediction(
                .weak, ranks: ranks, ranksPerNode: 1, globalBatch: 32 * ranks, secondsPerStep: 0.0407, computeSeconds: 0,
                waitSeconds: 0,
                madeAt: madeAt, madeFrom: madeFrom)
        }
        record.predictions = [
            prediction(4, "2026-01-01T00:00:00Z", [1, 2]), prediction(2, "2026-02-01T00:00:00Z", [1]),
            prediction(8, "2026-01-01T00:00:00Z", [2]),
        ]
        let errors = record.predictionErrors(.weak)
        #expect(errors.map(\.prediction.ranks) == [2, 4] && errors.map(\.wasMadeBefore) == [false, true])
        #expect(errors.allSatisfy { abs($0.relativeError - 0.1) < 1e-9 })
    }

    @Test func whatCannotBePredicted() {
        let baseline = MeasuredShare(turns: [[.planted([PlantedWork()])]])
        #expect(throws: Failure.self) { try predictor([baseline]) }
        #expect(throws: Failure.self) { try predictor([]) }
        var hybrid = alone(samples: 32)
        hybrid.turns[0][0].exchange.placement = .hybrid
        let failure = #expect(throws: Failure.self) { try predictor([hybrid]) }
        #expect(failure?.description.contains("hybrid") == true)
    }
}
