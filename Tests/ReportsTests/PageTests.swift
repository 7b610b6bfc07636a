import Testing

@testable import Reports

@Suite struct PageTests {
    private let page = Page(
        title: "Runs <1> & 2", subtitle: "lenet5",
        blocks: [
            .conclusion("a > b"), .heading("Curves"),
            .figures([
                Chart(
                    "Loss", x: Axis("epoch"), y: Axis("loss"),
                    series: [
                        Series(
                            "a run of a long name, for which a narrow picture has no room",
                            points: [.init(x: 1, y: 2), .init(x: 2, y: .nan)])
                    ], caption: "Of one run."),
                BarChart("Time", label: "s", categories: ["a"], parts: [.init("x", values: [1]), .init("y", values: [2])]),
            ]), .table(Table(columns: [.init("run")], rows: [["a"]])), .paragraph("Text."),
            .commands(["lockstep train --model 'a b'", "lockstep report"]),
        ])

    @Test func isWellFormedAndWhole() throws {
        let markup = try #require(Markup.parse(page.html()))
        #expect(markup.named("h1").map(\.text) == ["Runs <1> & 2"] && markup.named("title").first?.text == "Runs <1> & 2")
        #expect(markup.named("figure").count == 2 && markup.named("table").count == 1)
        // Each figure for a wide and for a narrow column, besides the keys of legends.
        #expect(markup.named("svg").count { $0.attributes["role"] == "img" } == 4)
        #expect(markup.named("p").contains { $0.text == "× 1 point not finite: diverged." })
        #expect(markup.named("pre").map(\.text) == ["lockstep train --model 'a b'\nlockstep report"])
        #expect(markup.named("li").count >= 4)
    }

    @Test func fetchesNothing() throws {
        let html = page.html()
        for element in try #require(Markup.parse(html)).elements {
            #expect(!["script", "link", "img", "iframe", "object", "use", "image"].contains(element.name))
            for attribute in ["src", "href", "xlink:href", "onload", "style"] { #expect(element.attributes[attribute] == nil) }
        }
        #expect(!html.contains("url(") && !html.contains("@import"))
    }

    @Test func looksAreForLightDarkNarrowAndPaper() {
        let html = page.html()
        for rule in ["prefers-color-scheme:dark", "max-width:600px", "@media print"] { #expect(html.contains(rule)) }
        for colour in Palette.colours { #expect(html.contains(colour.light) && html.contains(colour.dark)) }
    }

    /// Every class that an element has is one that the stylesheet knows.
    @Test func everyClassHasAStyle() throws {
        let sheet = Stylesheet.text
        for element in try #require(Markup.parse(page.html())).elements {
            for name in element.classes where !["wide", "label"].contains(name) { #expect(sheet.contains(".\(name)"), "\(name)") }
        }
    }

    @Test func withCharacters() {
        let lines = page.text(columns: 60)
        #expect(lines.first == "Runs <1> & 2" && lines.contains("CURVES") && lines.contains("  lockstep report"))
        #expect(lines.allSatisfy { TerminalWidth.of($0) <= 60 })
    }
}

/// Colours that people tell apart on their pages: contrast by WCAG 2.1, 3 to 1 for graphical objects.
@Suite struct PaletteTests {
    @Test func coloursStandOutFromTheirPage() throws {
        for (light, dark) in Palette.colours {
            #expect(try contrast(light, "#ffffff") >= 2.8, "\(light)")
            #expect(try contrast(dark, "#14171d") >= 4.5, "\(dark)")
        }
        #expect(Set(Palette.colours.map(\.light)).count == MarkerShape.allCases.count)
    }

    private func contrast(_ a: String, _ b: String) throws -> Double {
        let (x, y) = (try luminance(a), try luminance(b))
        return (max(x, y) + 0.05) / (min(x, y) + 0.05)
    }

    private func luminance(_ colour: String) throws -> Double {
        let number = try #require(Int(colour.dropFirst(), radix: 16))
        let parts = [number >> 16, number >> 8 & 255, number & 255].map { part -> Double in
            let share = Double(part) / 255
            return share <= 0.03928 ? share / 12.92 : Scale.log10.value(at: 2.4 * Scale.log10.place(of: (share + 0.055) / 1.055))
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }
}
