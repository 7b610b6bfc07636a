import Testing

@testable import Reports

@Suite struct TableTests {
    private let table = Table(
        columns: [.init("run"), .init("accuracy", .trailing)],
        rows: [
            ["a", .number(0.5, decimals: 3, emphasised: true)], ["漢字", .number(.nan, decimals: 3)],
            ["e\u{301}te", .number(nil, decimals: 3)],
        ])

    @Test func columnsStandBelowOneAnother() {
        #expect(
            table.text() == [
                "run   accuracy",
                "────  ────────",
                "a      * 0.500",
                "漢字  diverged",
                "e\u{301}te          –",
            ])
    }

    @Test func withoutNamesThereIsNoHeader() {
        let table = Table(columns: [.init(""), .init("")], rows: [["ranks", "2"], ["time", "3 s"]])
        #expect(table.text() == ["ranks  2", "time   3 s"])
        #expect(!table.html.contains("<thead>"))
    }

    /// A table is never wider than it may be, loses no character, and gives way where it is widest.
    @Test(arguments: [24, 30, 40, 79]) func wideTextIsBroken(limit: Int) {
        let long = "a name of many words that no terminal has the room for"
        let wide = Table(
            columns: [.init("run"), .init("images/s", .trailing)],
            rows: [[Table.Cell(long), .count(28_389)], ["漢字漢字漢字漢字漢字漢字漢字", .count(1)]])
        let lines = wide.text(columns: limit)
        #expect(lines.allSatisfy { TerminalWidth.of($0) <= limit }, "\(lines)")
        let text = lines.joined(separator: " ")
        for word in long.split(separator: " ") { #expect(text.contains(word), "\(lines)") }
        #expect(text.contains("28,389") && text.count { $0 == "漢" } == 7)
    }

    @Test func elementsAreEscaped() throws {
        let table = Table(columns: [.init("<a>"), .init("b", .trailing)], rows: [["&\"'", "<1>"]], caption: "x < y")
        let markup = try #require(Markup.parse(table.html))
        #expect(markup.named("td").map(\.text) == ["&\"'", "<1>"] && markup.named("th").map(\.text) == ["<a>", "b"])
        #expect(markup.named("caption").map(\.text) == ["x < y"])
    }
}
