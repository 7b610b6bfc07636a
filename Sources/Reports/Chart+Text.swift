extension Chart {
    /// The chart with characters: each line by its marker, and its name at the line's end or below.
    ///
    /// - Parameter columns: at most so many; below 40 it is drawn as for 40.
    /// - Returns: lines without their ends.
    public func text(columns: Int) -> [String] {
        let columns = max(columns, 40)
        let rows = 14
        let range = (x: xRange, y: yRange(steps: 5))
        let ticks = range.y.ticks(count: 6).major
        let margin = (ticks.map { TerminalWidth.of($0.label) }.max() ?? 0) + 1
        let ends = lineEnds(x: range.x, y: range.y)
        let nameWidth = (ends.map { TerminalWidth.of($0.label) }.max() ?? -3) + 3
        let beside = nameWidth <= columns / 3
        let width = columns - margin - 1 - (beside ? nameWidth : 0)

        var grid = CharacterGrid(columns: width, rows: rows)
        for reference in references where isShown(reference, in: range.y) {
            grid.fillRow(at: range.y.fraction(of: reference.y), with: "╌")
        }
        for mark in marks where x.scale.standing(of: mark.x) == .shown {
            grid.fillColumn(at: range.x.fraction(of: mark.x), with: "┊")
        }
        for (series, slot) in zip(series, slots) { draw(series, slot, range, &grid) }

        var lines = TerminalWidth.lines(title, width: columns)
        lines.append(String(repeating: " ", count: margin) + TerminalWidth.shortened(y.label, to: columns - margin))
        let names = beside ? Self.names(ends, range.y, rows: rows) : nil
        for row in 0..<rows {
            let tick = ticks.first { grid.row(at: range.y.fraction(of: $0.value)) == row }
            let label = TerminalWidth.padded(tick?.label ?? "", to: margin - 1, alignment: .trailing)
            let name = names?[row] ?? ""
            lines.append("\(label) \(tick == nil ? "│" : "┤")\(grid.line(row))\(name.isEmpty ? "" : " \(name)")")
        }
        lines += Self.axis(range.x, width: width, margin: margin)
        lines.append(String(repeating: " ", count: margin + 1) + TerminalWidth.shortened(x.label, to: columns - margin - 1))
        var notes = names == nil ? ends.map { "\(Self.key($0.entry)) \($0.label)" } : []
        notes += marks.map { "┊ \($0.label) (\(x.label) \(brief($0.x)))" } + remarks + [caption].filter { !$0.isEmpty }
        lines += notes.flatMap { TerminalWidth.lines($0, width: columns) }
        return lines.map { String($0.reversed().drop { $0 == " " }.reversed()) }
    }

    private func draw(_ series: Series, _ slot: Int?, _ range: (x: AxisRange, y: AxisRange), _ grid: inout CharacterGrid) {
        let character = Self.character(slot, isDashed: series.isDashed)
        var last: (x: Double, y: Double)?
        for point in series.points where x.scale.standing(of: point.x) == .shown {
            let place = range.x.fraction(of: point.x)
            switch y.scale.standing(of: point.y) {
            case .shown:
                let height = range.y.fraction(of: point.y)
                if let last, series.style != .markers {
                    grid.draw(from: last, to: (place, height), with: character)
                } else {
                    grid.draw(from: (place, height), to: (place, height), with: character)
                }
                last = (place, height)
            case .diverged(let upwards):
                grid.draw(from: (place, upwards ? 1 : 0), to: (place, upwards ? 1 : 0), with: "×")
                last = nil
            case .withoutLogarithm:
                grid.draw(from: (place, 0), to: (place, 0), with: "▿")
                last = nil
            }
        }
    }

    /// A dashed line has the open form of its marker.
    private static func character(_ slot: Int?, isDashed: Bool) -> Character {
        guard let slot else { return "·" }
        let character = MarkerShape(slot: slot).character
        return isDashed ? ["●": "○", "■": "□", "◆": "◇", "▲": "△", "▼": "▽"][character] ?? character : character
    }

    private static func key(_ entry: LegendEntry) -> String {
        entry.isReference ? "╌" : String(character(entry.slot, isDashed: entry.isDashed))
    }

    /// The names that stand behind each row; nil where they do not fit.
    private static func names(_ ends: [LineEnd], _ range: AxisRange, rows: Int) -> [Int: String]? {
        let wishes = ends.map { end in
            switch end.place {
            case .value(let value): (1 - range.fraction(of: value)) * Double(rows - 1)
            case .edge(let upper): upper ? 0 : Double(rows - 1)
            }
        }
        guard let places = LabelPlacement.places(wishes: wishes, spacing: 1, in: 0...Double(rows - 1)) else { return nil }
        var names: [Int: String] = [:]
        // Places at least one apart can round to the same row; the next one down is free then, or the ones above are.
        var free = 0
        for (position, index) in places.indices.sorted(by: { (places[$0], $0) < (places[$1], $1) }).enumerated() {
            let row = min(max(Int(places[index].rounded()), free), rows - (places.count - position))
            names[row] = "\(key(ends[index].entry)) \(ends[index].label)"
            free = row + 1
        }
        return names
    }

    /// The horizontal axis and its labels, as many as have room.
    private static func axis(_ range: AxisRange, width: Int, margin: Int) -> [String] {
        var line = Array(repeating: Character("─"), count: width)
        var labels = Array(repeating: Character(" "), count: width + margin + 1)
        var count = max(2, width / 8)
        while count >= 1 {
            let ticks = range.ticks(count: count).major
            var end = -2
            let starts = ticks.map { tick in
                let place = margin + 1 + Int((range.fraction(of: tick.value) * Double(width - 1)).rounded())
                return max(0, min(place - tick.label.count / 2, labels.count - tick.label.count))
            }
            let fits = zip(starts, ticks).allSatisfy { start, tick in
                defer { end = start + tick.label.count }
                return start >= end + 2
            }
            if fits || count == 1 {
                for (start, tick) in zip(starts, ticks).prefix(fits ? ticks.count : 1) {
                    let place = Int((range.fraction(of: tick.value) * Double(width - 1)).rounded())
                    if line.indices.contains(place) { line[place] = "┬" }
                    for (offset, character) in tick.label.enumerated() where labels.indices.contains(start + offset) {
                        labels[start + offset] = character
                    }
                }
                break
            }
            count -= 1
        }
        return [String(repeating: " ", count: margin) + "└" + String(line), String(labels)]
    }
}
