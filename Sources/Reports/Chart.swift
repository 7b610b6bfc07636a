/// A chart of one or more series over two axes.
///
/// It is drawn as an SVG whose lines carry their names at their ends (`svg(_:)`), as part of a page (`Page`), or with characters
/// (`text(columns:)`).
public struct Chart: Figure, Equatable {
    /// A line across the chart at one value of y, named at its end: a goal, a figure from a paper.
    public struct Reference: Sendable, Equatable {
        public var y: Double
        public var label: String

        public init(y: Double, label: String) {
            self.y = y
            self.label = label
        }
    }

    /// A line down the chart at one value of x, named above the chart: where a regime ends.
    public struct Mark: Sendable, Equatable {
        public var x: Double
        public var label: String

        public init(x: Double, label: String) {
            self.x = x
            self.label = label
        }
    }

    public var title: String
    public var x: Axis
    public var y: Axis
    public var series: [Series]
    public var references: [Reference]
    public var marks: [Mark]
    /// A sentence below the chart; none if empty.
    public var caption: String

    public init(
        _ title: String, x: Axis, y: Axis, series: [Series], references: [Reference] = [], marks: [Mark] = [], caption: String = ""
    ) {
        self.title = title
        self.x = x
        self.y = y
        self.series = series
        self.references = references
        self.marks = marks
        self.caption = caption
    }

    /// What no point of the chart can show, as sentences: points that are not finite or have no logarithm.
    public var remarks: [String] {
        var (diverged, withoutLogarithm, nowhere) = (0, 0, 0)
        for point in series.flatMap(\.points) {
            guard x.scale.standing(of: point.x) == .shown else {
                nowhere += 1
                continue
            }
            switch y.scale.standing(of: point.y) {
            case .shown: break
            case .diverged: diverged += 1
            case .withoutLogarithm: withoutLogarithm += 1
            }
        }
        var remarks: [String] = []
        if diverged > 0 { remarks.append("× \(count(diverged)) not finite: diverged.") }
        if withoutLogarithm > 0 {
            remarks.append("▿ \(count(withoutLogarithm)) of zero or less, which a logarithmic axis has no place for.")
        }
        if nowhere > 0 { remarks.append("\(count(nowhere)) without a place on the axis '\(x.label)' not drawn.") }
        return remarks
    }

    private func count(_ points: Int) -> String { points == 1 ? "1 point" : "\(points) points" }

    /// The place in the palette of each series; nil for muted ones.
    var slots: [Int?] {
        var next = 0
        return series.map { series in
            switch series.tone {
            case .slot(let slot): return slot
            case .muted: return nil
            case .automatic:
                defer { next += 1 }
                return next
            }
        }
    }
}
