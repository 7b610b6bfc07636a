import Foundation
import Statistics
import Testing

@Suite struct PairedRatioTests {
    /// Three turns whose logarithms are −0.1, 0 and 0.1: a deviation of 0.1, and t = 4.30265 for two degrees of freedom.
    @Test func theIntervalByHand() throws {
        let ratio = try #require(PairedRatio([-0.1, 0, 0.1].map { (2 * exp($0), 2) }))
        let half = 4.30265 * 0.1 / 3.0.squareRoot()
        #expect(abs(ratio.median - 1) < 1e-12)
        #expect(abs(ratio.low - exp(-half)) < 1e-5 && abs(ratio.high - exp(half)) < 1e-5, "\(ratio)")
        let half2 = ratio.divided(by: 2)
        #expect(
            abs(half2.median - 0.5) < 1e-12 && abs(half2.low - ratio.low / 2) < 1e-12 && abs(half2.high - ratio.high / 2) < 1e-12)
    }

    /// A machine that grows twice as slow in the middle of the turns is in both of each pair.
    @Test func driftIsInNoRatio() throws {
        let ratio = try #require(PairedRatio([(180, 100), (90, 50), (91, 50), (179, 100)]))
        #expect(ratio.low > 1.78 && ratio.high < 1.83, "\(ratio)")
    }

    @Test func turnedAroundItSaysTheSame() throws {
        let pairs = [(3.0, 2.0), (5, 3), (8, 5)]
        let (ratio, other) = (try #require(PairedRatio(pairs)), try #require(PairedRatio(pairs.map { ($0.1, $0.0) })))
        #expect(abs(ratio.low * other.high - 1) < 1e-12 && abs(ratio.high * other.low - 1) < 1e-12)
    }

    @Test func oneTurnHasNoInterval() throws {
        let ratio = try #require(PairedRatio([(3, 2)]))
        #expect(ratio.median == 1.5 && ratio.low == 0 && ratio.high == .infinity)
        #expect(PairedRatio([]) == nil && PairedRatio([(1, 0)]) == nil && PairedRatio([(.nan, 1)]) == nil)
    }
}
