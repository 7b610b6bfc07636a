extension BarChart {
    private static let rowHeight = 26.0
    private static let thickness = 16.0

    /// The chart as one `<svg>` element, coloured by the page's stylesheet.
    public func drawing(_ width: FigureWidth) -> Drawing {
        let size = ChartLayout.fontSize
        // A name too wide for its room stands in lines above one another.
        let names = categories.map { TextWidth.lines($0, size: size, width: width.pixels * 0.3) }
        let left = 10 + (names.flatMap { $0 }.map { TextWidth.of($0, size: size) }.max() ?? 0)
        let endings = categories.indices.map(ending)
        let right = width.pixels - 10 - (endings.map { TextWidth.of($0, size: size) }.max() ?? 0)
        let labelLines = TextWidth.lines(label, size: size, width: width.pixels - 8)
        let top = ChartLayout.lineHeight * Double(labelLines.count) + 8
        let scale = AxisRange(Axis(label, from: 0), values: lengths, margin: 0, steps: nil)

        var body = ""
        for (number, line) in labelLines.enumerated() {
            body += SVG.text(line, x: 0, baseline: size + ChartLayout.lineHeight * Double(number), style: "title")
        }
        var y = top
        for index in categories.indices {
            let height = max(Self.rowHeight, ChartLayout.lineHeight * Double(names[index].count) + 6)
            let middle = y + height / 2
            for (number, line) in names[index].enumerated() {
                let offset = (Double(number) - Double(names[index].count - 1) / 2) * ChartLayout.lineHeight
                body += SVG.text(line, x: left - 8, baseline: middle + offset + 4, style: "label end")
            }
            let bar = bar(index, left: left, right: right, middle: middle, scale: scale)
            body += bar.elements + SVG.text(endings[index], x: bar.end + 6, baseline: middle + 4, style: "label")
            y += height
        }
        if categories.isEmpty {
            y += Self.rowHeight
            body += SVG.text("no bars", x: width.pixels / 2, baseline: top + 16, style: "tick middle")
        }
        body += SVG.line(left, top, left, y, style: "axis")
        let legend = parts.count > 1 ? parts.enumerated().map { LegendEntry(name: $1.name, slot: $0, isBar: true) } : []
        return Drawing(svg: SVG.picture(title, width: width.pixels, height: y + 6, body), legend: legend)
    }

    /// The parts of a bar, end to end with a hair between them, and where it ends.
    private func bar(
        _ index: Int, left: Double, right: Double, middle: Double, scale: AxisRange
    ) -> (elements: String, end: Double) {
        var (sum, end, elements) = (0.0, left, "")
        for (slot, part) in parts.enumerated() where part.values[index].isFinite && part.values[index] > 0 {
            sum += part.values[index]
            let next = left + scale.fraction(of: sum) * (right - left)
            let gap = slot == 0 ? 0 : min(1, next - end)
            let name = "\(part.name.isEmpty ? categories[index] : part.name): \(brief(part.values[index]))"
            elements += SVG.tone(
                slot,
                "<rect class=\"bar\" x=\"\(pixel(end + gap))\" y=\"\(pixel(middle - Self.thickness / 2))\" "
                    + "width=\"\(pixel(next - end - gap))\" height=\"\(pixel(Self.thickness))\"><title>\(escaped(name))</title></rect>"
            )
            end = next
        }
        return (elements, end)
    }

    /// The lengths of the bars, as far as they are finite.
    var lengths: [Double] {
        categories.indices.map { index in parts.map { $0.values[index] }.filter(\.isFinite).reduce(0, +) }
    }

    /// What stands at the end of a bar.
    func ending(_ index: Int) -> String {
        let text = endLabels?[index] ?? brief(lengths[index])
        return parts.allSatisfy { $0.values[index].isFinite } ? text : "× not finite"
    }
}
