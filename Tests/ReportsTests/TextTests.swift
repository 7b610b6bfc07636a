import Testing

@testable import Reports

/// Numbers and text as they are written.
@Suite struct TextTests {
    @Test func briefNumbers() {
        for (value, text) in [
            (0.05, "0.05"), (0, "0"), (31_250, "31,250"), (1.25e-7, "1.25×10⁻⁷"), (1e-5, "10⁻⁵"), (-0.5, "−0.5"), (9.99996, "10"),
            (123_456, "123,456"), (12.3456, "12.35"), (3e8, "3×10⁸"), (0.0001, "0.0001"),
        ] { #expect(brief(value) == text) }
        #expect(brief(.nan) == "not a number" && brief(.infinity) == "∞" && brief(-.infinity) == "−∞")
        #expect(brief(.leastNonzeroMagnitude, digits: 2) == "4.9×10⁻³²⁴" && brief(1.5e308, digits: 2) == "1.5×10³⁰⁸")
    }

    @Test func fixedNumbers() {
        #expect(
            fixed(12_345.6, decimals: 2) == "12,345.60" && fixed(-0.0001, decimals: 2) == "0.00"
                && fixed(-1.5, decimals: 1) == "−1.5")
        #expect(fixed(1e20, decimals: 0) == "100000000000000000000")
    }

    @Test func coordinates() {
        #expect(pixel(1.04) == "1" && pixel(-0.26) == "-0.3" && pixel(12.349) == "12.3" && pixel(-0.01) == "0")
    }

    @Test func columnsOfATerminal() {
        for (text, columns) in [("abc", 3), ("漢字", 4), ("e\u{301}", 1), ("", 0), ("×−…", 3), ("👍", 2), ("가", 2), ("\u{200B}", 0)] {
            #expect(TerminalWidth.of(text) == columns, "\(text)")
        }
        #expect(TerminalWidth.shortened("漢字漢字", to: 5) == "漢字…" && TerminalWidth.shortened("abc", to: 3) == "abc")
        #expect(TerminalWidth.lines("one two three", width: 7) == ["one two", "three"])
        #expect(TerminalWidth.lines("abcdefgh", width: 3) == ["abc", "def", "gh"] && TerminalWidth.lines("", width: 3) == [""])
    }

    @Test func linesOfADrawing() {
        for width in [20.0, 60, 200] {
            for text in ["several words of text", "Donaudampfschifffahrtsgesellschaft", "", "漢字漢字漢字漢字"] {
                let lines = TextWidth.lines(text, size: 12, width: width)
                #expect(lines.allSatisfy { TextWidth.of($0, size: 12) <= width }, "\(lines)")
                #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
            }
        }
    }
}
