/// The end of a line, which its name wants to stand beside.
struct LineEnd: Equatable {
    let label: String
    let entry: LegendEntry
    /// Where the line ends, or last could be drawn.
    let x: Double
    let place: Place

    enum Place: Equatable {
        case value(Double)
        /// Beyond an end of the axis.
        case edge(upper: Bool)
    }
}

extension Chart {
    /// The ends of all lines that have a name and a point.
    func lineEnds(x xRange: AxisRange, y yRange: AxisRange) -> [LineEnd] {
        var ends: [LineEnd] = []
        for (series, slot) in zip(series, slots) where !series.name.isEmpty {
            let placed = series.points.filter {
                x.scale.standing(of: $0.x) == .shown && y.scale.standing(of: $0.y) != .withoutLogarithm
            }
            guard let last = placed.last else { continue }
            let entry = LegendEntry(name: series.name, slot: slot, isDashed: series.isDashed)
            if case .diverged(let upwards) = y.scale.standing(of: last.y) {
                let label = "\(series.name) (diverged)"
                ends.append(
                    LineEnd(
                        label: label, entry: LegendEntry(name: label, slot: slot, isDashed: series.isDashed), x: last.x,
                        place: .edge(upper: upwards)))
            } else {
                let beyond = last.y > yRange.upper || last.y < yRange.lower
                ends.append(
                    LineEnd(
                        label: series.name, entry: entry, x: last.x,
                        place: beyond ? .edge(upper: last.y > yRange.upper) : .value(last.y)))
            }
        }
        for reference in references where !reference.label.isEmpty && isShown(reference, in: yRange) {
            ends.append(
                LineEnd(
                    label: reference.label, entry: LegendEntry(name: reference.label, slot: nil, isDashed: true, isReference: true),
                    x: xRange.upper,
                    place: .value(reference.y)))
        }
        return ends
    }

    func isShown(_ reference: Reference, in range: AxisRange) -> Bool {
        y.scale.standing(of: reference.y) == .shown && range.contains(reference.y)
    }
}

/// A name at the right of the plot.
struct PlacedLabel {
    /// From the plot's edge to the text: a line that leads to it, and a marker.
    static let indent = 30.0

    let end: LineEnd
    /// The height of the line's end, in pixels.
    let wish: Double
    /// The height of the text's middle, in pixels.
    let place: Double

    static func width(of label: String) -> Double { TextWidth.of(label, size: ChartLayout.fontSize) }

    /// Names beside the plot without touching each other; nil where they do not fit.
    static func placed(_ ends: [LineEnd], beside plot: ChartLayout.Frame, y: AxisRange) -> [PlacedLabel]? {
        let wishes = ends.map { end in
            switch end.place {
            case .value(let value): plot.bottom - y.fraction(of: value) * plot.height
            case .edge(let upper): upper ? plot.top : plot.bottom
            }
        }
        let half = ChartLayout.lineHeight / 2
        guard plot.bottom - plot.top > ChartLayout.lineHeight,
            let places = LabelPlacement.places(
                wishes: wishes, spacing: ChartLayout.lineHeight, in: plot.top + half - 6...plot.bottom - half + 6)
        else { return nil }
        return ends.indices.map { PlacedLabel(end: ends[$0], wish: wishes[$0], place: places[$0]) }
    }
}
