import Testing

@testable import Reports

@Suite struct EscapingTests {
    @Test func marksOfMarkupAreText() {
        #expect(escaped("<a href=\"x\">'&'</a>") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;")
    }

    @Test func charactersThatXMLLacksAreReplaced() {
        #expect(escaped("a\u{0}b\u{1B}[2Kc\td") == "a\u{FFFD}b\u{FFFD}[2Kc\td")
        #expect(escaped("\u{FFFE}\u{FFFF}") == "\u{FFFD}\u{FFFD}")
    }
}
