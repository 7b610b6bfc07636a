/// How many columns of a terminal text takes. The C library's wcwidth asks the locale, which a cluster's nodes often lack.
public enum TerminalWidth {
    public static func of(_ text: String) -> Int { text.reduce(0) { $0 + of($1) } }

    /// Text filled up with spaces to `width` columns, behind it or in front of it.
    public static func padded(_ text: String, to width: Int, alignment: Table.Alignment = .leading) -> String {
        let space = String(repeating: " ", count: max(0, width - of(text)))
        return alignment == .leading ? text + space : space + text
    }

    /// As much of `text` as fits into `width` columns, with an ellipsis where some is left out.
    public static func shortened(_ text: String, to width: Int) -> String {
        guard of(text) > width else { return text }
        guard width > 0 else { return "" }
        var (kept, used) = ("", 0)
        for character in text {
            guard used + of(character) <= width - 1 else { break }
            kept.append(character)
            used += of(character)
        }
        return kept + "…"
    }

    /// `text` in lines of at most `width` columns, broken at spaces; a longer word stands alone and is broken.
    public static func lines(_ text: String, width: Int) -> [String] {
        var (lines, line): ([String], String) = ([], "")
        for word in text.split(separator: " ") {
            if !line.isEmpty, of(line) + 1 + of(String(word)) > width {
                lines.append(line)
                line = ""
            }
            if !line.isEmpty { line += " " }
            for character in word {
                if !line.isEmpty, of(line) + of(character) > max(width, 1) {
                    lines.append(line)
                    line = ""
                }
                line.append(character)
            }
        }
        return line.isEmpty && !lines.isEmpty ? lines : lines + [line]
    }

    /// A character is as wide as its widest scalar; a picture that is asked for by a variation selector takes two columns.
    static func of(_ character: Character) -> Int {
        let widest = character.unicodeScalars.map { of($0) }.max() ?? 0
        return widest == 1 && character.unicodeScalars.contains("\u{FE0F}") ? 2 : widest
    }

    static func of(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .control, .format, .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        // East Asian wide and full-width characters (Unicode Standard Annex 11), and pictures.
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97F,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x1FA70...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
