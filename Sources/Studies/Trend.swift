import Diagnostics
import Statistics

/// A figure along the ordered values of one setting: whether it rises, falls, or does both, as far as the numbers carry it.
///
/// A rise or fall is claimed only where two points differ beyond the spread over seeds (`DifferenceTest`). With one seed the spread is not
/// known, and the figures are only described. A milestone that no seed came to is later than any that was measured.
public struct Trend: Sendable {
    public struct Point: Sendable {
        /// The setting's value, as it was written.
        public let value: String
        public let spread: Spread
        public let diverged: Int
        /// Whether no seed came to the milestone that is measured.
        public let isUnreached: Bool

        public init(value: String, spread: Spread, diverged: Int = 0, isUnreached: Bool = false) {
            (self.value, self.spread, self.diverged, self.isUnreached) = (value, spread, diverged, isUnreached)
        }
    }

    public enum Shape: Sendable, Equatable {
        /// From the first point to the last.
        case rises, falls
        /// To the point of this place, and back from there.
        case risesThenFalls(Int), fallsThenRises(Int)
        /// No two points differ beyond the spread.
        case noDifference
        /// Points differ, but in no such order.
        case mixed
        /// One seed, or fewer than two points.
        case unknown
    }

    /// In the order of the setting, without those that have no figure.
    public let points: [Point]
    /// Values at which a trial diverged.
    public let divergedAt: [String]
    private let test: DifferenceTest

    public init(_ all: [Point]) {
        points = all.filter { $0.spread.count > 0 || $0.isUnreached }
        divergedAt = all.filter { $0.diverged > 0 }.map(\.value)
        test = DifferenceTest(points.map(\.spread))
    }

    /// The place of the largest and of the smallest mean.
    private var top: Int { points.indices.max { height($0) < height($1) } ?? 0 }
    private var bottom: Int { points.indices.max { height($0) > height($1) } ?? 0 }
    private func height(_ place: Int) -> Double { points[place].isUnreached ? .infinity : points[place].spread.mean }

    private func isBelow(_ a: Int, _ b: Int) -> Bool {
        if points[a].isUnreached { return false }
        return points[b].isUnreached || test.isLarger(points[b].spread, points[a].spread)
    }

    /// A single measured point among unreached ones has nothing to be held against.
    private var isSpreadKnown: Bool {
        let measured = points.filter { !$0.isUnreached }
        return test.isKnown || measured.count == 1 && measured[0].spread.count > 1
    }

    /// The places that are not told apart from `place`, without itself.
    private func like(_ place: Int) -> [Int] { points.indices.filter { $0 != place && !isBelow($0, place) && !isBelow(place, $0) } }

    public var shape: Shape {
        guard points.count > 1, isSpreadKnown else { return .unknown }
        let (top, bottom, last) = (top, bottom, points.count - 1)
        guard isBelow(bottom, top) else { return .noDifference }
        // A later step against the direction that is beyond the spread makes it no rise, and no fall.
        func isOrdered(_ range: ClosedRange<Int>, rising: Bool) -> Bool {
            range.allSatisfy { a in range.allSatisfy { b in a >= b || (rising ? !isBelow(b, a) : !isBelow(a, b)) } }
        }
        if isOrdered(0...last, rising: true), isBelow(0, last) { return .rises }
        if isOrdered(0...last, rising: false), isBelow(last, 0) { return .falls }
        func isBelowAny(_ places: Range<Int>) -> Bool { places.contains { isBelow($0, top) } }
        if isBelowAny(0..<top), isBelowAny(top + 1..<last + 1), isOrdered(0...top, rising: true),
            isOrdered(top...last, rising: false)
        {
            return .risesThenFalls(top)
        }
        func isAboveAny(_ places: Range<Int>) -> Bool { places.contains { isBelow(bottom, $0) } }
        if isAboveAny(0..<bottom), isAboveAny(bottom + 1..<last + 1), isOrdered(0...bottom, rising: false),
            isOrdered(bottom...last, rising: true)
        {
            return .fallsThenRises(bottom)
        }
        return .mixed
    }

    /// What the figures say, in words.
    ///
    /// - Parameters:
    ///   - measure: the figure.
    ///   - setting: whose values are along the axis, such as `global-batch`.
    public func sentences(_ measure: Measure, along setting: String) -> [String] {
        var sentences = points.allSatisfy(\.isUnreached) ? [] : [sentence(measure, along: setting)]
        if !divergedAt.isEmpty { sentences.append("training diverges at \(setting) \(list(divergedAt))") }
        return sentences
    }

    private func sentence(_ measure: Measure, along setting: String) -> String {
        let (first, last) = (points[0], points[points.count - 1])
        func told(_ point: Point) -> String { point.isUnreached ? "not reached" : measure.text(point.spread.mean) }
        func at(_ place: Int) -> String { "\(setting) \(points[place].value) (\(told(points[place])))" }
        // A peak has no place of its own where its neighbours are as high.
        func alike(_ place: Int) -> String {
            let places = like(place)
            return places.isEmpty ? "" : ", not told apart from \(list(places.map { "\(points[$0].value) (\(told(points[$0])))" }))"
        }
        let ends = "from \(told(first)) at \(first.value) to \(told(last)) at \(last.value)"
        let bothEnds = "; \(told(first)) at \(first.value), \(told(last)) at \(last.value)"
        switch shape {
        case .rises:
            return "\(measure.title) rises with \(setting), \(ends)"
                + (top == points.count - 1 ? "" : "; largest at \(at(top))\(alike(top))")
        case .falls:
            return "\(measure.title) falls with \(setting), \(ends)" + (top == 0 ? "" : "; largest at \(at(top))\(alike(top))")
        case .risesThenFalls(let top):
            return "\(measure.title) rises and then falls with \(setting): largest at \(at(top))\(alike(top))\(bothEnds)"
        case .fallsThenRises(let bottom):
            return "\(measure.title) falls and then rises with \(setting): smallest at \(at(bottom))\(alike(bottom))\(bothEnds)"
        case .noDifference: return "\(measure.title): no difference found over \(setting) \(first.value) to \(last.value)"
        case .mixed:
            return
                "\(measure.title) differs over \(setting), but neither rises nor falls throughout; largest at \(at(top))\(alike(top)), smallest at \(at(bottom))\(alike(bottom))"
        case .unknown:
            guard points.count > 1 else { return "\(measure.title) at \(at(0)); one point tells no trend" }
            return
                "\(measure.title): largest at \(at(top)), smallest at \(at(bottom)), \(ends); one seed, so the spread is unknown and no trend is claimed"
        }
    }
}
