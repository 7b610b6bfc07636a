extension BarChart {
    /// The bars with characters, each part by its own.
    ///
    /// - Returns: lines without their ends.
    public func text(columns: Int) -> [String] {
        let columns = max(columns, 40)
        let fills: [Character] = ["█", "▒", "░", "▓", "╬", "┼", "═", "─"]
        let nameWidth = min(columns / 3, categories.map { TerminalWidth.of($0) }.max() ?? 0)
        let endings = categories.indices.map(ending)
        let room = columns - nameWidth - 3 - (endings.map { TerminalWidth.of($0) }.max() ?? 0)
        let longest = lengths.max() ?? 0
        var lines = TerminalWidth.lines("\(title) (\(label))", width: columns)
        for index in categories.indices {
            var (sum, drawn, bar) = (0.0, 0, "")
            for (slot, part) in parts.enumerated() where part.values[index].isFinite && longest > 0 {
                sum += part.values[index]
                let end = Int((sum / longest * Double(room)).rounded())
                bar += String(repeating: fills[slot % fills.count], count: max(0, end - drawn))
                drawn = max(drawn, end)
            }
            let name = TerminalWidth.padded(
                TerminalWidth.shortened(categories[index], to: nameWidth), to: nameWidth, alignment: .trailing)
            lines.append("\(name) │\(bar) \(endings[index])")
        }
        if parts.count > 1 {
            let keys = parts.enumerated().map {
                "\(fills[$0 % fills.count])\u{A0}\($1.name.split(separator: " ").joined(separator: "\u{A0}"))"
            }
            lines += TerminalWidth.lines(keys.joined(separator: "  "), width: columns)
        }
        if !caption.isEmpty { lines += TerminalWidth.lines(caption, width: columns) }
        return lines
    }
}
