extension Page {
    /// For a terminal of so many columns.
    ///
    /// - Returns: lines without their ends.
    public func text(columns: Int) -> [String] {
        var lines = [title]
        if !subtitle.isEmpty { lines += TerminalWidth.lines(subtitle, width: columns) }
        for block in blocks {
            lines.append("")
            switch block {
            case .heading(let text): lines.append(text.uppercased())
            case .paragraph(let text), .conclusion(let text): lines += TerminalWidth.lines(text, width: columns)
            case .table(let table): lines += table.text(columns: columns)
            case .figures(let figures):
                lines += figures.map { $0.text(columns: columns) }.joined(separator: [""])
            case .commands(let commands): lines += commands.map { "  \($0)" }
            }
        }
        return lines
    }
}
