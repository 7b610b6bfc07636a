import Statistics

/// A figure along the ordered values of one setting: whether it rises, falls, or does both, as far as the numbers carry it.
///
/// A rise or fall is claimed only where two points differ beyond the spread over seeds (`DifferenceTest`). With one seed the spread is not
/// known, and the figures are only described.
public struct Trend: Sendable {
    public struct Point: Sendable {
        /// The setting's value, as it was written.
        public let value: String
        public let spread: Spread
        public let diverged: Int

        public init(value: String, spread: Spread, diverged: Int = 0) {
            (self.value, self.spread, self.diverged) = (value, spread, diverged)
        }
    }

    public enum Shape: Sendable, Equatable {
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
        points = all.filter { $0.spread.count > 0 }
        divergedAt = all.filter { $0.diverged > 0 }.map(\.value)
        test = DifferenceTest(points.map(\.spread))
    }

    public var shape: Shape {
        guard points.count > 1, test.deviation != nil else { return .unknown }
        let spreads = points.map(\.spread)
        let means = spreads.map(\.mean)
        let top = means.indices.max { means[$0] < means[$1] } ?? 0
        let bottom = means.indices.max { means[$0] > means[$1] } ?? 0
        func isBelow(_ a: Int, _ b: Int) -> Bool { test.isLarger(spreads[b], spreads[a]) }
        guard isBelow(bottom, top) else { return .noDifference }
        let risesToTop = (0..<top).contains { isBelow($0, top) }
        let fallsFromTop = (top..<means.count).contains { isBelow($0, top) }
        let fallsToBottom = (0..<bottom).contains { isBelow(bottom, $0) }
        let risesFromBottom = (bottom..<means.count).contains { isBelow(bottom, $0) }
        // A later step against the direction that is beyond the spread makes it no rise, and no fall.
        func isOrdered(_ range: Range<Int>, rising: Bool) -> Bool {
            range.allSatisfy { a in range.allSatisfy { b in a >= b || (rising ? !isBelow(b, a) : !isBelow(a, b)) } }
        }
        let all = means.indices
        if isOrdered(all, rising: true) { return .rises }
        if isOrdered(all, rising: false) { return .falls }
        if risesToTop, fallsFromTop, isOrdered(0..<top + 1, rising: true), isOrdered(top..<all.upperBound, rising: false) {
            return .risesThenFalls(top)
        }
        if fallsToBottom, risesFromBottom, isOrdered(0..<bottom + 1, rising: false),
            isOrdered(bottom..<all.upperBound, rising: true)
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
        var sentences = points.isEmpty ? [] : [sentence(measure, along: setting)]
        if !divergedAt.isEmpty { sentences.append("training diverges at \(setting) \(list(divergedAt))") }
        return sentences
    }

    private func sentence(_ measure: Measure, along setting: String) -> String {
        let (first, last) = (points[0], points[points.count - 1])
        func told(_ point: Point) -> String { measure.text(point.spread.mean) }
        func at(_ place: Int) -> String { "\(setting) \(points[place].value) (\(told(points[place])))" }
        let ends = "from \(told(first)) at \(first.value) to \(told(last)) at \(last.value)"
        switch shape {
        case .rises: return "\(measure.title) rises with \(setting), \(ends)"
        case .falls: return "\(measure.title) falls with \(setting), \(ends)"
        case .risesThenFalls(let top):
            return
                "\(measure.title) rises up to \(at(top)) and then falls (\(told(first)) at \(first.value), \(told(last)) at \(last.value))"
        case .fallsThenRises(let bottom):
            return
                "\(measure.title) falls down to \(at(bottom)) and then rises (\(told(first)) at \(first.value), \(told(last)) at \(last.value))"
        case .noDifference: return "\(measure.title): no difference found over \(setting) \(first.value) to \(last.value)"
        case .mixed:
            return "\(measure.title) differs over \(setting), but neither rises nor falls throughout; \(extremes(measure, at))"
        case .unknown:
            guard points.count > 1 else { return "\(measure.title) at \(at(0)); one point tells no trend" }
            return "\(measure.title): \(extremes(measure, at)), \(ends); one seed, so the spread is unknown and no trend is claimed"
        }
    }

    private func extremes(_ measure: Measure, _ at: (Int) -> String) -> String {
        let means = points.map(\.spread.mean)
        let top = means.indices.max { means[$0] < means[$1] } ?? 0
        let bottom = means.indices.max { means[$0] > means[$1] } ?? 0
        return "largest at \(at(top)), smallest at \(at(bottom))"
    }
}

/// a, b and c
func list(_ words: [String]) -> String {
    words.count < 2 ? words.joined() : words.dropLast().joined(separator: ", ") + " and " + words[words.count - 1]
}
