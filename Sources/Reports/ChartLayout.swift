/// Where the parts of a chart stand in its drawing, in pixels from the upper left corner.
struct ChartLayout {
    static let fontSize = 12.0
    static let lineHeight = 15.0

    let width: Double
    let height: Double
    let plot: Frame
    let x: AxisRange
    let y: AxisRange
    let xTicks: Ticks
    let yTicks: Ticks
    let xTitle: [String]
    let yTitle: [String]
    let marks: [PlacedMark]
    /// At the right of the plot; empty where they stand in the legend.
    let labels: [PlacedLabel]
    let legend: [LegendEntry]

    struct Frame: Equatable {
        let left: Double
        let top: Double
        let right: Double
        let bottom: Double
        var width: Double { right - left }
        var height: Double { bottom - top }
    }

    /// A line of the name of a mark, which goes down the plot.
    struct PlacedMark {
        let x: Double
        let text: String
        let textLeft: Double
        let baseline: Double
    }

    init(_ chart: Chart, width kind: FigureWidth) {
        let size = Self.fontSize
        width = kind.pixels
        height = kind == .wide ? 330 : 280
        x = chart.xRange
        y = chart.yRange(steps: kind == .wide ? 6 : 5)
        yTicks = y.ticks(count: kind == .wide ? 7 : 6)
        xTitle = TextWidth.lines(chart.x.label, size: size, width: width - 8)
        yTitle = TextWidth.lines(chart.y.label, size: size, width: width - 8)

        let left = 10 + (yTicks.major.map { TextWidth.of($0.label, size: size) }.max() ?? 0)
        let bottom = height - Self.lineHeight * Double(xTitle.count + 1) - 8
        let ends = chart.lineEnds(x: x, y: y)
        let labelWidth = ends.map { PlacedLabel.width(of: $0.label) }.max() ?? 0
        let room = PlacedLabel.indent + labelWidth + 4
        let titleBottom = Self.lineHeight * Double(yTitle.count) + 8

        // Names stand at the ends of lines where the plot keeps most of the width, and below it elsewhere.
        let direct = room <= width * 0.4
        let right = width - (direct && labelWidth > 0 ? room : 14)
        let markRows = Self.place(chart.marks, x: x, left: left, right: right, width: width, top: titleBottom)
        marks = markRows.marks
        plot = Frame(
            left: left, top: titleBottom + Self.lineHeight * Double(markRows.rows) + (markRows.rows > 0 ? 6 : 2), right: right,
            bottom: bottom)
        labels = direct ? PlacedLabel.placed(ends, beside: plot, y: y) ?? [] : []
        legend = labels.isEmpty ? ends.map(\.entry) : []
        xTicks = Self.ticks(of: x, from: left, to: right, within: width)
    }

    func horizontal(_ value: Double) -> Double { plot.left + Self.drawable(x.fraction(of: value)) * plot.width }

    func vertical(_ value: Double) -> Double { plot.bottom - Self.drawable(y.fraction(of: value)) * plot.height }

    /// Values far outside of an axis's bounds are cut off by the plot's edge, so that it does not matter how far; coordinates stay small.
    private static func drawable(_ fraction: Double) -> Double { min(max(fraction, -20), 20) }

    /// Where the text of a tick begins, so that it is not cut at the drawing's edge.
    static func textLeft(of label: String, at place: Double, within width: Double) -> Double {
        let extent = TextWidth.of(label, size: fontSize)
        return max(0, min(place - extent / 2, width - extent))
    }

    /// As many ticks as their labels have room for.
    private static func ticks(of range: AxisRange, from left: Double, to right: Double, within width: Double) -> Ticks {
        var count = max(2, Int((right - left) / 55))
        while count > 1 {
            let ticks = range.ticks(count: count)
            var end = -Double.infinity
            let fits = ticks.major.allSatisfy { tick in
                let start = textLeft(of: tick.label, at: left + range.fraction(of: tick.value) * (right - left), within: width)
                defer { end = start + TextWidth.of(tick.label, size: fontSize) }
                return start >= end + 6
            }
            if fits { return ticks }
            count -= 1
        }
        let ticks = range.ticks(count: 1)
        return Ticks(major: Array(ticks.major.prefix(1)), minor: ticks.minor)
    }

    /// Names of marks above the plot, each in the first rows where it touches no other one; long ones in several lines.
    private static func place(
        _ marks: [Chart.Mark], x: AxisRange, left: Double, right: Double, width: Double, top: Double
    ) -> (marks: [PlacedMark], rows: Int) {
        var rowEnds: [Double] = []
        var placed: [PlacedMark] = []
        for mark in marks.sorted(by: { $0.x < $1.x }) where x.scale.standing(of: mark.x) == .shown && x.contains(mark.x) {
            let place = left + x.fraction(of: mark.x) * (right - left)
            let lines = TextWidth.lines(mark.label, size: fontSize, width: width / 2)
            let starts = lines.map { textLeft(of: $0, at: place, within: width) }
            func isFree(_ row: Int, _ start: Double) -> Bool { row >= rowEnds.count || rowEnds[row] + 8 <= start }
            var row = 0
            while !starts.enumerated().allSatisfy({ isFree(row + $0, $1) }) { row += 1 }
            for (line, start) in zip(lines, starts) {
                if row == rowEnds.count { rowEnds.append(0) }
                rowEnds[row] = start + TextWidth.of(line, size: fontSize)
                placed.append(
                    PlacedMark(x: place, text: line, textLeft: start, baseline: top + lineHeight * Double(row) + fontSize))
                row += 1
            }
        }
        return (placed, rowEnds.count)
    }
}

extension Chart {
    /// The whole extent of the data across.
    var xRange: AxisRange {
        AxisRange(x, values: series.flatMap { $0.points.map(\.x) } + marks.map(\.x), margin: 0, steps: nil)
    }

    /// The whole extent of the data, bands and reference lines, up to the next tick.
    func yRange(steps: Int) -> AxisRange {
        let points = series.flatMap(\.points)
        return AxisRange(
            y, values: points.map(\.y) + points.compactMap(\.low) + points.compactMap(\.high) + references.map(\.y), margin: 0.02,
            steps: steps)
    }
}
