/// A series in a chart's drawing.
struct Curve {
    private let series: Series
    private let slot: Int?
    private let layout: ChartLayout
    private let isAlone: Bool
    /// Points between those that cannot be drawn.
    private let runs: [[Place]]

    private struct Place {
        let x: Double
        let y: Double
        let low: Double?
        let high: Double?
    }

    init(_ series: Series, slot: Int?, layout: ChartLayout, isAlone: Bool) {
        self.series = series
        self.slot = slot
        self.layout = layout
        self.isAlone = isAlone
        runs = series.points.split { !Self.isShown($0, layout) }.map { run in
            run.map { point in
                func edge(_ value: Double?) -> Double? {
                    value.flatMap { layout.y.scale.standing(of: $0) == .shown ? layout.vertical($0) : nil }
                }
                return Place(
                    x: layout.horizontal(point.x), y: layout.vertical(point.y), low: edge(point.low), high: edge(point.high))
            }
        }
    }

    private static func isShown(_ point: Series.Point, _ layout: ChartLayout) -> Bool {
        layout.x.scale.standing(of: point.x) == .shown && layout.y.scale.standing(of: point.y) == .shown
    }

    /// The area between the lower and the upper edge; at a point without edges it is interrupted.
    var band: String {
        let areas = runs.flatMap { run in
            run.split { $0.low == nil || $0.high == nil }.map { area in
                let upper = area.map { "\(pixel($0.x)) \(pixel($0.high ?? $0.y))" }
                let lower = area.reversed().map { "\(pixel($0.x)) \(pixel($0.low ?? $0.y))" }
                return "<path class=\"band\" d=\"M\((upper + lower).joined(separator: "L"))Z\"/>"
            }
        }
        return SVG.tone(slot, areas.joined())
    }

    var path: String {
        guard series.style != .markers else { return "" }
        let style = series.isDashed ? "line dashed" : "line"
        let lines = runs.filter { $0.count > 1 }.map { run in
            "M" + Self.thinned(run).map { "\(pixel($0.x)) \(pixel($0.y))" }.joined(separator: "L")
        }
        return lines.isEmpty ? "" : SVG.tone(slot, "<path class=\"\(style)\" d=\"\(lines.joined())\"/>")
    }

    /// Every marker of a series that is drawn so; of a mere line among others a few; of points that no line leads to, all.
    var markers: String {
        let shape = slot.map(MarkerShape.init(slot:))
        let radius = isAlone || shape == nil ? 2.5 : 3.5
        var elements = ""
        // Curves begin at different places, so that their markers do not lie over each other.
        let distance = layout.plot.width / 6
        var next =
            layout.plot.left + distance * Double((slot ?? 0) % MarkerShape.allCases.count) / Double(MarkerShape.allCases.count)
        for run in runs {
            for place in run where isWithinPlot(place) {
                let everyOne = series.style != .line || run.count == 1
                let few = !isAlone && shape != nil && place.x >= next
                guard everyOne || few else { continue }
                if few { next = place.x + distance }
                elements += (shape ?? .circle).element(x: place.x, y: place.y, radius: radius)
            }
        }
        return SVG.tone(slot, elements)
    }

    /// Crosses at the edge where points are not finite, and triangles where they have no logarithm; one for each row of such points.
    static func faults(of curves: [Curve], in layout: ChartLayout) -> String {
        var taken: [Int: Int] = [:]
        var svg = ""
        for curve in curves {
            var last: Standing = .shown
            var elements = ""
            for point in curve.series.points where layout.x.scale.standing(of: point.x) == .shown {
                let standing = layout.y.scale.standing(of: point.y)
                defer { last = standing }
                let x = layout.horizontal(point.x)
                guard standing != last, x >= layout.plot.left - 0.5, x <= layout.plot.right + 0.5 else { continue }
                // Several at one place stand below one another.
                let column = Int(x / 9)
                let offset = 6 + 10 * Double(taken[column, default: 0])
                switch standing {
                case .shown: continue
                case .diverged(let upwards):
                    let y = upwards ? layout.plot.top + offset : layout.plot.bottom - offset
                    elements += "<path class=\"cross\" d=\"M\(pixel(x - 4)) \(pixel(y - 4))l8 8m0 -8l-8 8\"/>"
                case .withoutLogarithm:
                    let y = layout.plot.bottom - offset
                    elements += "<path class=\"cross\" d=\"M\(pixel(x - 4)) \(pixel(y - 3))h8l-4 7z\"/>"
                }
                taken[column, default: 0] += 1
            }
            svg += SVG.tone(curve.slot, elements)
        }
        return svg
    }

    private func isWithinPlot(_ place: Place) -> Bool {
        place.x >= layout.plot.left - 0.5 && place.x <= layout.plot.right + 0.5 && place.y >= layout.plot.top - 0.5
            && place.y <= layout.plot.bottom + 0.5
    }

    /// Of more points than the drawing has pixels: in each column of pixels the first, the lowest, the highest and the last, between
    /// which no eye sees the others.
    private static func thinned(_ run: [Place]) -> [Place] {
        guard run.count > 2000 else { return run }
        var kept: [Place] = []
        var start = 0
        while start < run.count {
            let column = run[start].x.rounded(.down)
            let end = run[start...].firstIndex { $0.x.rounded(.down) != column } ?? run.count
            let indices = start..<end
            let lowest = indices.min { run[$0].y < run[$1].y } ?? start
            let highest = indices.max { run[$0].y < run[$1].y } ?? start
            kept += Set([start, lowest, highest, end - 1]).sorted().map { run[$0] }
            start = end
        }
        return kept
    }
}
