extension Table {
    /// With characters: a header, a rule, and the rows. A table wider than `columns` gets cells of several lines: the widest column
    /// gives way first, down to eight columns; narrower than that no terminal makes it.
    ///
    /// - Returns: lines without their ends, and without spaces behind them.
    public func text(columns limit: Int = .max) -> [String] {
        let widths = fitted(to: limit)
        var lines = caption.isEmpty ? [] : TerminalWidth.lines(caption, width: limit)
        if hasHeader {
            lines += layOut(columns.map { Cell($0.header) }, widths)
            lines.append(widths.map { String(repeating: "─", count: $0) }.joined(separator: "  "))
        }
        for row in rows { lines += layOut(row, widths) }
        return lines
    }

    private static let gap = 2
    private static let least = 8

    private func fitted(to limit: Int) -> [Int] {
        var widths = columns.enumerated().map { index, column in
            max(TerminalWidth.of(column.header), rows.map { TerminalWidth.of(marked($0[index], column)) }.max() ?? 0)
        }
        var excess = widths.reduce(0, +) + Self.gap * max(0, widths.count - 1)
        excess = limit == .max ? 0 : excess - limit
        while excess > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > Self.least {
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private func layOut(_ row: [Cell], _ widths: [Int]) -> [String] {
        let cells = row.indices.map { TerminalWidth.lines(marked(row[$0], columns[$0]), width: widths[$0]) }
        return (0..<(cells.map(\.count).max() ?? 0)).map { number in
            let parts = cells.indices.map { index in
                let text = number < cells[index].count ? cells[index][number] : ""
                return TerminalWidth.padded(text, to: widths[index], alignment: columns[index].alignment)
            }
            return String(parts.joined(separator: String(repeating: " ", count: Self.gap)).reversed().drop { $0 == " " }.reversed())
        }
    }

    /// Emphasis without colour or bold type; in front of numbers, whose digits stay below one another.
    private func marked(_ cell: Cell, _ column: Column) -> String {
        guard cell.isEmphasised else { return cell.text }
        return column.alignment == .trailing ? "* \(cell.text)" : "\(cell.text) *"
    }
}
