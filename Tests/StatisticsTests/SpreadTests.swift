import Statistics
import TestSupport
import Testing

@Suite struct SpreadTests {
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

    /// The same where points stray by different amounts.
    @Test func unequalSpreadsFindNothingEither() {
        var noise = Noise(seed: 12)
        var found = 0
        for _ in 0..<400 {
            let points = [0.1, 0.3, 1, 1, 3, 20].map { deviation in Spread((0..<3).map { _ in deviation * noise.normal() }) }
            let test = DifferenceTest(points)
            if points.contains(where: { a in points.contains { test.isLarger(a, $0) } }) { found += 1 }
        }
        #expect(found <= 35, "\(found) of 400")
    }

    /// One point that strays a hundred times as much as the others hides nothing between those.
    @Test func aWildPointHidesNothing() {
        var noise = Noise(seed: 13)
        func point(_ mean: Double, _ deviation: Double) -> Spread { Spread((0..<3).map { _ in mean + deviation * noise.normal() }) }
        let calm = (0..<10).map { _ in point(0.98, 0.001) }
        let (lower, wild) = (point(0.95, 0.001), point(0.5, 0.1))
        let test = DifferenceTest(calm + [lower, wild], comparisons: 11)
        #expect(calm.allSatisfy { test.isLarger($0, lower) } && !calm.contains { test.isLarger(calm[0], $0) })
    }

    /// Where variances differ by no more than chance, the test is the one with the pooled deviation: t of four degrees of freedom is 2.776.
    @Test func likeSpreadsArePooled() throws {
        let (a, b) = (Spread([1, 2, 3]), Spread([11, 12, 13]))
        let critical = try #require(DifferenceTest([a, b]).critical(a, b))
        #expect(abs(critical - 2.776445 * (2.0 / 3).squareRoot()) < 1e-5)
    }

    @Test func medians() { #expect([3.0, 1, 2].median == 2 && [4.0, 1, 2, 3].median == 2.5 && [Double]().median.isNaN) }
}
