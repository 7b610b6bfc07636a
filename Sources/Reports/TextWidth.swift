/// How wide text will be in a page, before any browser has set it: an estimate from above, by the advance widths of DejaVu Sans, which is
/// wider than the other fonts that browsers have as their plain one.
enum TextWidth {
    /// In pixels, at a font size in pixels.
    static func of(_ text: String, size: Double) -> Double {
        text.unicodeScalars.reduce(0) { $0 + advance($1) } * size
    }

    /// In widths of the letter m, or rather its square.
    private static func advance(_ scalar: Unicode.Scalar) -> Double {
        switch scalar {
        case "i", "j", "l", "I", "'", "|": 0.34
        case " ", ".", ",", ":", ";", "!", "f", "t", "r", "(", ")", "[", "]", "/", "-": 0.43
        case "m", "w", "M", "W", "@", "%", "—", "…", "&": 1
        case "0"..."9", "a"..."z", "_": 0.64
        case "A"..."Z": 0.79
        case "⁰"..."⁹", "⁻", "¹", "²", "³": 0.45
        case "+", "=", "<", ">", "~", "×", "−", "÷": 0.84
        // Drawn as a character that stands for what is none.
        case "\u{0}"..."\u{1F}": 1.1
        default: TerminalWidth.of(scalar) == 0 ? 0 : TerminalWidth.of(scalar) == 2 ? 1.1 : 0.8
        }
    }

    /// `text` in lines of at most `width`, broken at spaces, and within a word only where that alone is wider.
    static func lines(_ text: String, size: Double, width: Double) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, of("\(line) \(word)", size: size) > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
            while line.count > 1, of(line, size: size) > width {
                var head = line
                while head.count > 1, of(head, size: size) > width { head.removeLast() }
                lines.append(head)
                line = String(line.dropFirst(head.count))
            }
        }
        return line.isEmpty && !lines.isEmpty ? lines : lines + [line]
    }
}
