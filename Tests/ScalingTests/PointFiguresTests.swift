import Foundation
import Testing
import Timing

@testable import Scaling

@Suite struct PointFiguresTests {
    /// Karp and Flatt by hand: S = 1.8 on two ranks is e = (1/1.8 − 1/2) ÷ (1/2) = 1/9; S = 3.2 on four is 1/12; perfect is 0.
    @Test(arguments: [(1.8, 2, 1.0 / 9), (3.2, 4, 1.0 / 12), (8.0, 8, 0.0), (1.0, 16, 1.0)])
    func karpAndFlatt(
        speedUp: Double, ranks: Int, expected: Double
    ) throws {
        let found = try #require(PointFigures.serialFraction(speedUp: speedUp, ranks: ranks))
        #expect(abs(found - expected) < 1e-12)
        #expect(PointFigures.serialFraction(speedUp: 1, ranks: 1) == nil)
    }

    /// Turns in which the machine is 1, 2 and 4 times slower for all; two ranks take 10 % longer than one alone.
    private func record() -> ScalingRecord {
        var record = ScalingRecord(recipe: "lenet5", command: [], environment: .planted)
        func run(_ ranks: Int, _ slowness: Double) -> StepRecord {
            let work = PlantedWork(forward: 0.010 * slowness, backward: 0.020 * slowness, update: 0)
            return .planted(Array(repeating: work, count: ranks))
        }
        let slowness = [1.0, 2, 4]
        let two: [StepRecord?] = slowness.map { run(2, 1.1 * $0) }
        let alone: [StepRecord?] = slowness.map { run(1, $0) }
        let crippled: [StepRecord?] = slowness.map { run(1, 1.5 * $0) }
        record.points = [
            ScalingPoint(.weak, ranks: 2, turns: two), ScalingPoint(.weak, ranks: 1, label: "slow", turns: crippled),
            ScalingPoint(.weak, ranks: 1, turns: alone),
        ]
        let copies = slowness.map { run(1, 1.05 * $0) }
        record.copies = [IndependentCopies(.weak, count: 2, turns: copies.map { [$0, $0] })]
        return record
    }

    @Test func figuresOfTurnsThatDrift() throws {
        let figures = record().figures(.weak)
        #expect(figures.map(\.ranks) == [1, 1, 2] && figures.map(\.label) == ["", "slow", ""])
        let two = figures[2]
        let efficiency = try #require(two.efficiency)
        #expect(abs(efficiency.median - 1 / 1.1) < 1e-9 && efficiency.high - efficiency.low < 1e-9)
        let (copies, serial) = (try #require(two.againstCopies).median, try #require(two.serialFraction))
        #expect(abs(copies - 1.05 / 1.1) < 1e-9)
        // Gustafson's: (2 − 2/1.1) ÷ (2 − 1).
        #expect(abs(serial - (2 - 2 / 1.1)) < 1e-9)
        // 64 images in 33, 66 and 132 ms: logarithms that lie log 2 apart, and Student's t of two degrees of freedom.
        let half = 4.302653 * log(2) / 3.0.squareRoot()
        #expect(abs(try #require(two.spread) - (exp(half) - exp(-half))) < 1e-5 && two.isTooWide)
        #expect(abs(two.rate - 64 / 0.066) < 1e-6)
    }

    /// A turn that one point lacks is in no pair.
    @Test func turnsThatAreMissing() throws {
        var record = record()
        record.points[0].turns[1] = nil
        let two = record.figures(.weak)[2]
        #expect(two.rates.count == 2 && two.speedUp?.ratios.count == 2 && two.againstCopies?.ratios.count == 2)
        let speedUp = try #require(two.speedUp).median
        #expect(abs(speedUp - 2 / 1.1) < 1e-9)
    }

    /// One turn of five that strays is too much to trust them; more turns that do not are enough.
    @Test func moreTurnsMakeItNarrower() throws {
        func point(_ steady: Int) -> PointFigures {
            let turns = Array(repeating: PlantedWork(), count: steady) + [PlantedWork(backward: 0.0255)]
            return PointFigures(
                ScalingPoint(.weak, ranks: 1, turns: turns.map { .planted([$0]) }), baseline: nil, copies: nil)
        }
        #expect(point(4).isTooWide && !point(14).isTooWide)
        #expect(point(0).spread == nil && !point(0).isTooWide)
    }

    @Test func aSteadyPointIsNotTooWide() throws {
        let steady = ScalingPoint(.weak, ranks: 1, turns: Array(repeating: .planted([PlantedWork()]), count: 3))
        #expect(!PointFigures(steady, baseline: nil, copies: nil).isTooWide)
        #expect(PointFigures(steady, baseline: nil, copies: nil).speedUp == nil)
    }
}
