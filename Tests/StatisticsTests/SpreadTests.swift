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

    @Test func medians() { #expect([3.0, 1, 2].median == 2 && [4.0, 1, 2, 3].median == 2.5 && [Double]().median.isNaN) }
}
