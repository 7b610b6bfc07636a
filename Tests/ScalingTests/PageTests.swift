import Foundation
import Reports
import Testing
import Timing

@testable import Scaling

@Suite struct PageTests {
    /// Four ranks on two hosts, of which rank 3 is slow, beside one rank and four copies, over three turns; and predictions.
    private func record() -> ScalingRecord {
        var record = ScalingRecord(
            recipe: "lenet5-cifar10", command: ["lockstep", "scaling", "lenet5-cifar10", "--np", "1,4"], environment: .planted)
        var slow = PlantedWork(transfer: 0.002)
        slow.backward = 0.026
        let works = Array(repeating: PlantedWork(transfer: 0.002), count: 3) + [slow]
        let four = StepRecord.planted(works, hosts: ["lab1", "lab1", "lab2", "lab2"])
        record.points = [
            ScalingPoint(.weak, ranks: 1, turns: Array(repeating: .planted([PlantedWork()]), count: 3)),
            ScalingPoint(.weak, ranks: 4, turns: Array(repeating: four, count: 3)),
        ]
        let copies = Array(repeating: StepRecord.planted([PlantedWork(forward: 0.011)]), count: 4)
        record.copies = [IndependentCopies(.weak, count: 4, turns: [copies, copies, []])]
        record.network = NetworkModel(
            link: .init(latency: 12.5e-6, bandwidth: 1.25e8, perMessage: 3e-6), source: "fitted to planted sums")
        record.predictions = [4, 1024].map { ranks in
            Prediction(
                .weak, ranks: ranks, ranksPerNode: 2, globalBatch: 32 * ranks, secondsPerStep: 0.040, computeSeconds: 0.0335,
                waitSeconds: 0.0065, madeAt: "2026-01-01T00:00:00Z", madeFrom: [1, 2])
        }
        return record
    }

    /// Each figure is computed here from the record, by its definition, and found in the page.
    @Test func thePageHoldsTheRecordsFigures() throws {
        let html = ScalingPage(record()).page.html()
        // A step of the slow rank: 10 + 26 + 1 + 2 ms; of one rank alone: 31 ms; of a copy 32 ms.
        let step: Double = 0.039
        let rate: Double = 128 / step
        let speedUp: Double = rate / (32 / 0.031)
        let against: Double = rate / (4 * 32 / 0.032)
        let serial: Double = (4 - speedUp) / 3
        for text in [
            fixed(rate, decimals: 1), fixed(speedUp, decimals: 3), percent(speedUp / 4), percent(against),
            fixed(serial, decimals: 4),
            // The means of parts over ranks, and their sum.
            fixed((3 * 20 + 26) / 4, decimals: 2), fixed(3 * 6.0 / 4, decimals: 2), fixed(39, decimals: 2),
            // The slow rank: always the slowest, with (37 ÷ 31) times as much to do.
            "rank 3 on lab2 is slow", percent(1), fixed(37.0 / 31, decimals: 3),
            // The prediction, its error, and that it was there before.
            percent(0.040 / step - 1), "1 of 1 were written before", "1,024", "fitted to planted sums", "12.5 µs, 1 Gbit/s",
            "<span>--np</span> <span>1,4</span>", "118.0, 117.0 GFLOP/s",
        ] {
            #expect(html.contains(text), "\(text)")
        }
    }

    /// The terminal has the same figures and sentences.
    @Test func theTextHoldsThemToo() {
        let lines = ScalingPage(record()).text(columns: 160)
        let text = lines.joined(separator: "\n")
        for word in [fixed(128 / 0.039, decimals: 1), "rank 3 on lab2 is slow", percent(0.040 / 0.039 - 1)] {
            #expect(text.contains(word), "\(word)")
        }
        #expect(lines.allSatisfy { $0.count <= 160 })
    }

    /// The page's charts have the points of the record: a marker for each measured rank count, a bar for each point.
    @Test func chartsHaveTheirPoints() throws {
        let figures = ScalingFigures(record: record(), mode: .weak)
        let charts = figures.whatWasMeasured
        let speedUp = try #require(charts[0] as? Chart)
        let measured = try #require(speedUp.series.first { $0.name == "measured" })
        #expect(measured.points.map(\.x) == [1, 4] && abs(measured.points[1].y - 4 * 0.031 / 0.039) < 1e-9)
        let copies = try #require(speedUp.series.first { $0.name == "independent copies" })
        #expect(copies.points.map(\.x) == [4] && abs(copies.points[0].y - 4 * 0.031 / 0.032) < 1e-9)
        let predicted = try #require(speedUp.series.first { $0.name == "predicted" })
        #expect(predicted.points.map(\.x) == [4] && abs(predicted.points[0].y - 4 * 0.031 / 0.040) < 1e-9)
        let bars = try #require(charts[2] as? BarChart)
        #expect(bars.categories == ["1 rank", "4 ranks"])
        #expect(bars.parts.map(\.name) == ["forward", "backward", "waiting for others", "transfer not hidden", "update"])
        let all = try #require(figures.prediction as? Chart)
        #expect(all.series[0].points.map(\.x) == [4, 1024])
    }

    /// A record of one rank and nothing else is a page, without what there is nothing of.
    @Test func aPageOfLittle() {
        var record = ScalingRecord(recipe: "x", command: ["lockstep"], environment: .planted)
        #expect(ScalingPage(record).page.html().contains("Nothing has been measured."))
        record.points = [ScalingPoint(.strong, ranks: 1, turns: [.planted([PlantedWork()])])]
        let html = ScalingPage(record).page.html()
        #expect(html.contains("Strong scaling (fixed global batch)") && !html.contains("predicted"))
        record.points.append(ScalingPoint(.strong, ranks: 2, turns: [nil, .planted([PlantedWork(), PlantedWork()])]))
        #expect(ScalingPage(record).page.html().contains("2 ranks share no turn with a single one"))
    }
}
