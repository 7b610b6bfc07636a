extension Chart {
    /// The chart as one `<svg>` element, coloured by the page's stylesheet.
    public func drawing(_ width: FigureWidth) -> Drawing {
        let layout = ChartLayout(self, width: width)
        let body = axes(layout) + curves(layout) + layout.labels.map { label($0, layout) }.joined()
        return Drawing(svg: SVG.picture(title, width: layout.width, height: layout.height, body), legend: layout.legend)
    }

    private func axes(_ layout: ChartLayout) -> String {
        let plot = layout.plot
        var svg = ""
        for (number, line) in layout.yTitle.enumerated() {
            svg += SVG.text(line, x: 0, baseline: ChartLayout.fontSize + ChartLayout.lineHeight * Double(number), style: "title")
        }
        for tick in layout.yTicks.major {
            let height = layout.vertical(tick.value)
            svg += SVG.line(plot.left, height, plot.right, height, style: "grid")
            svg += SVG.text(tick.label, x: plot.left - 6, baseline: height + 4, style: "tick end")
        }
        for value in layout.yTicks.minor {
            svg += SVG.line(plot.left, layout.vertical(value), plot.left + 3, layout.vertical(value), style: "axis")
        }
        svg += SVG.line(plot.left, plot.bottom, plot.right, plot.bottom, style: "axis")
        for tick in layout.xTicks.major {
            let place = layout.horizontal(tick.value)
            svg += SVG.line(place, plot.bottom, place, plot.bottom + 5, style: "axis")
            let left = ChartLayout.textLeft(of: tick.label, at: place, within: layout.width)
            // Centred on what the estimate took for the middle, whatever the font turns out to be.
            let middle = left + TextWidth.of(tick.label, size: ChartLayout.fontSize) / 2
            svg += SVG.text(tick.label, x: middle, baseline: plot.bottom + 17, style: "tick middle")
        }
        for value in layout.xTicks.minor {
            svg += SVG.line(layout.horizontal(value), plot.bottom, layout.horizontal(value), plot.bottom + 3, style: "axis")
        }
        for (number, line) in layout.xTitle.enumerated() {
            let middle = max(TextWidth.of(line, size: ChartLayout.fontSize) / 2, (plot.left + plot.right) / 2)
            svg += SVG.text(
                line, x: min(middle, layout.width - TextWidth.of(line, size: ChartLayout.fontSize) / 2),
                baseline: plot.bottom + 17 + ChartLayout.lineHeight * Double(number + 1), style: "title middle")
        }
        return svg
    }

    private func curves(_ layout: ChartLayout) -> String {
        let plot = layout.plot
        // A drawing within the drawing, whose edges cut off what lies beyond the axes' bounds.
        var svg =
            "<svg x=\"\(pixel(plot.left))\" y=\"\(pixel(plot.top))\" width=\"\(pixel(plot.width))\" height=\"\(pixel(plot.height))\" "
            + "viewBox=\"\(pixel(plot.left)) \(pixel(plot.top)) \(pixel(plot.width)) \(pixel(plot.height))\" overflow=\"hidden\">"
        let curves = zip(series, slots).map { Curve($0, slot: $1, layout: layout, isAlone: series.count == 1) }
        svg += curves.map(\.band).joined()
        for reference in references where isShown(reference, in: layout.y) {
            let height = layout.vertical(reference.y)
            svg += SVG.line(plot.left, height, plot.right, height, style: "reference")
        }
        svg += layout.marks.map { SVG.line($0.x, plot.top, $0.x, plot.bottom, style: "reference") }.joined()
        svg += curves.map(\.path).joined()
        svg += "</svg>"
        // Markers may stand on the plot's edge, whole.
        svg += curves.map(\.markers).joined()
        svg += layout.marks.map { SVG.text($0.text, x: $0.textLeft, baseline: $0.baseline, style: "label") }.joined()
        svg += Curve.faults(of: curves, in: layout)
        if !series.contains(where: { !$0.points.isEmpty }) {
            svg += SVG.text(
                "no points", x: (plot.left + plot.right) / 2, baseline: (plot.top + plot.bottom) / 2, style: "tick middle")
        }
        return svg
    }

    /// A name, its marker, and the line that leads to it from where its curve ends.
    private func label(_ label: PlacedLabel, _ layout: ChartLayout) -> String {
        let plot = layout.plot
        let start = layout.horizontal(label.end.x)
        let wish = min(max(label.wish, plot.top), plot.bottom)
        var leader = "<path class=\"leader\" d=\"M\(pixel(start + 6)) \(pixel(wish))"
        if start + 6 < plot.right { leader += "H\(pixel(plot.right + 2))" }
        leader += "L\(pixel(plot.right + 14)) \(pixel(label.place))\"/>"
        let key = label.end.entry.slot.map { MarkerShape(slot: $0).element(x: plot.right + 20, y: label.place) } ?? ""
        return SVG.tone(label.end.entry.slot, leader + key)
            + SVG.text(label.end.label, x: plot.right + PlacedLabel.indent, baseline: label.place + 4, style: "label")
    }
}
