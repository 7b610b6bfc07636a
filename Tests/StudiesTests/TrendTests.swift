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
        #expect(
            sentence.hasPrefix("test accuracy rises and then falls with global-batch: largest at global-batch 32 (0.6"),
            "\(sentence)")
    }

    /// A peak whose neighbour is as high has no place of its own.
    @Test func aPeakOfTwo() throws {
        let sentence = try #require(trend([0.40, 0.55, 0.61, 0.609, 0.41]).sentences(.testAccuracy, along: "rate").first)
        #expect(sentence.contains(", not told apart from ") && sentence.contains("rises and then falls"), "\(sentence)")
    }

    /// Up and down again to where it began, with one step within the spread, is no rise.
    @Test func whatComesBackIsNoRise() {
        let points = [[0.55, 0.60, 0.65], [0.69, 0.70, 0.71], [0.56, 0.61, 0.66]].enumerated().map {
            Trend.Point(value: "\($0)", spread: Spread($1))
        }
        #expect(![.rises, .falls].contains(Trend(points).shape))
    }

    /// What no seed reached is later than what was measured, so its ends are told.
    @Test func unreachedEnds() throws {
        var random = Noise(seed: 5)
        func point(_ value: String, _ mean: Double?) -> Trend.Point {
            Trend.Point(
                value: value, spread: Spread(mean.map { mean in (0..<3).map { _ in mean + 0.1 * random.normal() } } ?? []),
                isUnreached: mean == nil)
        }
        let found = Trend([point("0.001", nil), point("0.01", 18), point("0.1", 4), point("0.5", nil)])
        #expect(found.shape == .fallsThenRises(2))
        let sentence = try #require(found.sentences(.epochs(to: .init(split: "train", accuracy: 0.5)), along: "rate").first)
        #expect(sentence.hasSuffix("; not reached at 0.001, not reached at 0.5"), "\(sentence)")
        #expect(Trend([point("1", nil), point("2", 3), point("3", nil)]).shape == .fallsThenRises(1))
        #expect(Trend([point("1", nil), point("2", nil)]).sentences(.testAccuracy, along: "rate").isEmpty)
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
