import Foundation
import Scaling
import Testing
import Timing

@Suite struct RecordTests {
    @Test func aRecordIsTheSameBehindJSON() throws {
        let slow = PlantedWork(data: 0.1 / 3)
        let run = StepRecord.planted([PlantedWork(), slow], bucketFloats: [1000, 17])
        var record = ScalingRecord(recipe: "lenet5-cifar10", command: ["lockstep", "scaling"], environment: .planted)
        record.points = [
            ScalingPoint(.weak, ranks: 1, label: "one micro-batch", turns: [.planted([PlantedWork()]), nil]),
            ScalingPoint(.weak, ranks: 2, turns: [run, run]),
        ]
        record.copies = [IndependentCopies(.weak, count: 2, turns: [[.planted([slow]), .planted([slow])], []])]
        record.network = NetworkModel(
            link: .init(latency: 1e-5, bandwidth: 1.2e9), node: .init(latency: 2e-6, secondsPerByte: 1e-10), source: "planted")
        record.predictions = [
            Prediction(
                .weak, ranks: 4, ranksPerNode: 1, globalBatch: 256, secondsPerStep: 0.01, computeSeconds: 0.009,
                waitSeconds: 0.001, madeAt: "2026-01-01T00:00:00Z", madeFrom: [1, 2])
        ]
        let data = try JSONEncoder().encode(record)
        #expect(try JSONDecoder().decode(ScalingRecord.self, from: data) == record)
    }

    /// By hand: rank 1 works 10 ms longer, for which rank 0 waits; ten steps of 41 ms.
    @Test func ratesOfARun() {
        let run = StepRecord.planted([PlantedWork(), PlantedWork(data: 0.010)])
        #expect(abs(run.secondsPerStep - 0.041) < 1e-12)
        #expect(abs(run.imagesPerSecond - 64 / 0.041) < 1e-6)
        #expect(run.largestClockDifference < 1e-12)
        #expect(run.ranks[0].parts.waiting > 0.0099 && run.ranks[1].parts.waiting == 0)
    }

    /// A clock that says a percent more than the parts.
    @Test func theClocksAreCompared() {
        var run = StepRecord.planted([PlantedWork(), PlantedWork()])
        run.ranks[1].independentSeconds /= 0.99
        #expect(abs(run.largestClockDifference - 0.01) < 1e-9)
    }
}
