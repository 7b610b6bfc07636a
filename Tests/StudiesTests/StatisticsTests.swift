import Foundation
import Testing

@testable import Statistics
@testable import Studies

@Suite struct StatisticsTests {
    /// Tables of Student's t, two-sided: 12.706 and 63.657 for one degree of freedom, and so on.
    @Test(arguments: [
        (0.05, 1.0, 12.7062), (0.01, 1, 63.6567), (0.05, 2, 4.30265), (0.05, 10, 2.22814), (0.001, 5, 6.86883),
        (0.05, 1000, 1.96234),
    ])
    func quantilesOfStudent(level: Double, degrees: Double, expected: Double) {
        let found = StudentDistribution.twoSidedQuantile(level: level, degrees: degrees)
        #expect(abs(found - expected) < 1e-5 * expected, "\(found)")
    }

    /// One degree of freedom is Cauchy's distribution, which has a closed form.
    @Test func oneDegreeOfFreedomIsCauchy() {
        for t in [-50, -3, -0.5, 0, 0.1, 1, 7, 300.0] {
            let expected = 0.5 + atan(t) / .pi
            #expect(abs(StudentDistribution.cumulative(t, degrees: 1) - expected) < 1e-13, "\(t)")
        }
    }

    @Test func halfIntervalOfThreeValues() throws {
        let spread = Spread([1, 2, 3])
        #expect(spread.mean == 2 && spread.deviation == 1)
        #expect(abs(try #require(spread.halfInterval) - 4.30265 / 3.0.squareRoot()) < 1e-4)
        #expect(Spread([5]).halfInterval == nil && Spread([]).mean.isNaN)
    }

    /// Of studies in which nothing differs, about one in twenty may find a difference, and not more.
    @Test func nothingIsFoundWhereNothingIs() {
        var noise = Noise(seed: 11)
        var found = 0
        for _ in 0..<400 {
            let points = (0..<4).map { _ in Spread((0..<3).map { _ in noise.normal() }) }
            let test = DifferenceTest(points)
            if points.contains(where: { a in points.contains { test.isLarger(a, $0) } }) { found += 1 }
        }
        // 20 expected at most; more than 35 has a probability below one in a thousand.
        #expect(found <= 35, "\(found) of 400")
    }

    /// The first points in base 2 and 3 by hand.
    @Test func haltonsFirstPoints() {
        let halves: [Double] = [1 / 2, 1 / 4, 3 / 4, 1 / 8, 5 / 8]
        let thirds: [Double] = [1 / 3, 2 / 3, 1 / 9, 4 / 9, 7 / 9]
        for index in 1...5 {
            let point = Halton.point(index, dimensions: 2)
            #expect(abs(point[0] - halves[index - 1]) < 1e-15 && abs(point[1] - thirds[index - 1]) < 1e-15, "\(point)")
        }
    }

    /// Any 2ᵏ points in turn have one in each of 2ᵏ equal parts of the first coordinate, wherever they begin.
    @Test(arguments: [1, 1001, 7777]) func haltonFillsEvenly(first: Int) {
        let parts = (0..<64).map { Int(Halton.point(first + $0, dimensions: 1)[0] * 64) }
        #expect(Set(parts).count == 64)
    }

    @Test(arguments: [(120.0, 40.0), (1000, 3000), (35, 0.7)]) func theFitFindsWhatWasPlanted(
        leastSteps: Double, criticalBatch: Double
    ) throws {
        let batches = [1, 4, 16, 64, 256, 1024, 4096.0]
        let fit = try #require(StepsFit(batches.map { ($0, leastSteps * (1 + criticalBatch / $0)) }))
        #expect(abs(fit.leastSteps / leastSteps - 1) < 1e-6 && abs(fit.criticalBatch / criticalBatch - 1) < 1e-6, "\(fit)")
        #expect(abs(fit.determination - 1) < 1e-9)
    }

    @Test func theFitStandsNoise() throws {
        var noise = Noise(seed: 3)
        let points = [2, 8, 32, 128, 512, 2048.0].map { (batch: Double) -> (batch: Double, steps: Double) in
            (batch, 200 * (1 + 100 / batch) * exp(0.1 * noise.normal()))
        }
        let fit = try #require(StepsFit(points))
        #expect((0.7...1.4).contains(fit.leastSteps / 200) && (0.6...1.6).contains(fit.criticalBatch / 100), "\(fit)")
        #expect((0.9..<1).contains(fit.determination))
    }

    /// Where every doubling of the batch halves the steps, the fit has no least steps; words for it are found all the same.
    @Test func theFitWithoutAnEnd() throws {
        let fit = try #require(StepsFit([16, 64, 256, 1024].map { ($0, 65_536 / $0) }))
        #expect(fit.determination > 0.999 && fit.criticalBatch > 1_024, "\(fit)")
        for value in [fit.leastSteps, fit.criticalBatch, 1e300, 1e15, 999_999_999_999_999] { #expect(!significant(value).isEmpty) }
    }

    @Test func twoPointsAreNoFit() { #expect(StepsFit([(1, 10), (2, 5)]) == nil) }
}

/// Normal numbers of a seed.
struct Noise {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    /// Sum of twelve even numbers, less six: near enough to normal.
    mutating func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + even() } }

    private mutating func even() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) * 0x1p-53
    }
}
