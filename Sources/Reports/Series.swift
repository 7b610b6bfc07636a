/// Points that belong together: a curve, or a cloud of markers.
public struct Series: Sendable, Equatable {
    /// A point, and the interval that its band covers there.
    ///
    /// A y that is not finite breaks the curve and is drawn as diverged; so is one of zero or less on a logarithmic axis.
    public struct Point: Sendable, Equatable {
        public var x: Double
        public var y: Double
        public var low: Double?
        public var high: Double?

        public init(x: Double, y: Double, low: Double? = nil, high: Double? = nil) {
            self.x = x
            self.y = y
            self.low = low
            self.high = high
        }
    }

    public enum Style: Sendable, Equatable {
        /// A line; a few markers on it tell curves apart where colours do not.
        case line
        /// Markers alone.
        case markers
        /// A line with a marker at every point.
        case lineAndMarkers
    }

    /// The colour and marker of a series.
    public enum Tone: Sendable, Equatable {
        /// One of its own: by its place among the automatic ones of the chart.
        case automatic
        /// The given one of the palette, counted from 0, so that two series of one run can share it.
        case slot(Int)
        /// Grey, for what data are compared with: a perfect-scaling line.
        case muted
    }

    /// What stands at the line's end; nothing if empty.
    public var name: String
    public var points: [Point]
    public var style: Style
    public var isDashed: Bool
    public var tone: Tone

    /// - Parameter points: in the order in which the line connects them.
    public init(_ name: String, points: [Point], style: Style = .line, dashed: Bool = false, tone: Tone = .automatic) {
        self.name = name
        self.points = points
        self.style = style
        self.isDashed = dashed
        self.tone = tone
    }
}
