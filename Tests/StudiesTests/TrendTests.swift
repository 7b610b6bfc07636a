import Statistics
import TestSupport
import Testing

@testable import Studies

/// What is concluded from planted series, and what is not.
@Suite struct TrendTests {
    /// Three seeds around each mean.
    private func trend(_ means: [Double], noise: Double = 0.005, seeds: Int = 3, diverged: [Int] = [], seed: Int = 5) -> Trend {
        var random = Noise(seed: UInt64(seed))
        return Trend(
            means.enumerated().map { place, mean in
                let values = diverged.contains(place) ? [] : (0..<seeds).map { _ in mean + noise * random.normal() }
                return Trend.Point(value: "\(8 << place)", spread: Spread(values), diverged: diverged.contains(place) ? seeds : 0)
            })
    }

    @Test func riseThenFall() throws {
        let found = trend([0.40, 0.55, 0.61, 0.52, 0.41])
        #expect(found.shape == .risesThenFalls(2))
        let sentence = try #require(found.sentences(.testAccuracy, along: "global-batch").first)
        #expect(sentence.hasPrefix("test accuracy rises up to global-batch 32 (0.6"), "\(sentence)")
        #expect(sentence.contains("and then falls"), "\(sentence)")
    }

    @Test func fallThenRise() { #expect(trend([9, 4, 2, 5, 8], noise: 0.2).shape == .fallsThenRises(2)) }

    @Test func monotone() {
        #expect(trend([0.3, 0.4, 0.5, 0.6]).shape == .rises)
        #expect(trend([0.6, 0.5, 0.4, 0.3]).shape == .falls)
    }

    /// A last point that is a little lower, within the spread, is no fall.
    @Test func withinTheSpreadIsNoFall() { #expect(trend([0.3, 0.4, 0.6, 0.598]).shape == .rises) }

    /// One flat series in twenty may be taken for more; of forty, seven or more would be with a probability below one in a hundred.
    @Test func flatWithNoise() {
        let found = (1...40).count { trend([0.5, 0.5, 0.5, 0.5], noise: 0.02, seed: $0).shape != .noDifference }
        #expect(found < 7, "\(found) of 40")
    }

    @Test func noDifferenceIsSaid() throws {
        let sentence = try #require(trend([0.5, 0.5], noise: 0.02).sentences(.testAccuracy, along: "rate").first)
        #expect(sentence == "test accuracy: no difference found over rate 8 to 16")
    }

    @Test func divergedEnds() {
        let found = trend([0.3, 0.5, 0.6, 0, 0], diverged: [3, 4])
        #expect(found.shape == .rises)
        #expect(found.sentences(.testAccuracy, along: "rate").last == "training diverges at rate 64 and 128")
    }

    @Test func zigzagIsMixed() { #expect(trend([0.3, 0.6, 0.3, 0.6]).shape == .mixed) }

    /// With one seed figures are described, and nothing is claimed.
    @Test func oneSeedClaimsNothing() throws {
        let found = trend([0.40, 0.55, 0.61, 0.52], seeds: 1)
        #expect(found.shape == .unknown)
        let sentence = try #require(found.sentences(.testAccuracy, along: "batch").first)
        #expect(sentence.contains("the spread is unknown and no trend is claimed"))
        #expect(!sentence.contains("rises") && !sentence.contains("falls"), "\(sentence)")
    }

    @Test func nothingMeasuredSaysNothing() {
        #expect(trend([0, 0], diverged: [0, 1]).sentences(.testAccuracy, along: "rate") == ["training diverges at rate 8 and 16"])
        #expect(Trend([]).sentences(.testAccuracy, along: "rate").isEmpty)
    }
}
