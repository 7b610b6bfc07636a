import Testing

@testable import Reports

@Suite struct BarChartTests {
    private let step = BarChart(
        "Time of a step", label: "ms", categories: ["1 rank", "2 ranks, with a name that takes more than one line of its room"],
        parts: [.init("forward", values: [10, 5]), .init("backward", values: [20, 10]), .init("exchange", values: [0, 3])])

    @Test func partsLieEndToEnd() throws {
        for markup in expectLegible(step) {
            let bars = markup.named("rect")
            #expect(bars.count == 5, "a part of no length is not drawn")
            let edges = bars.map { ($0.number("x") ?? .nan, ($0.number("x") ?? .nan) + ($0.number("width") ?? .nan)) }
            #expect(edges[1].0 - edges[0].1 >= 0 && edges[1].0 - edges[0].1 <= 1.2)
            // 30 is longer than 18, in their ratio, from the same beginning.
            #expect(abs((edges[4].1 - edges[2].0) / (edges[1].1 - edges[0].0) - 0.6) < 0.01)
        }
        #expect(step.drawing(.wide).legend.map(\.name) == ["forward", "backward", "exchange"])
    }

    @Test func whatIsNotFiniteIsSaid() {
        let chart = BarChart("Bars", label: "s", bars: [("good", 1), ("bad", .nan), ("none", 0)])
        for markup in expectLegible(chart) { #expect(markup.named("text").contains { $0.text == "× not finite" }) }
        #expect(chart.text(columns: 40).contains { $0.hasPrefix(" bad │") && $0.hasSuffix("× not finite") })
    }

    @Test func noBars() { expectLegible(BarChart("None", label: "s", bars: [])) }

    @Test func withCharacters() {
        let lines = step.text(columns: 60)
        #expect(lines.allSatisfy { TerminalWidth.of($0) <= 60 }, "\(lines)")
        let lengths = lines[1...2].map { line in line.count { "█▒░".contains($0) } }
        #expect(abs(Double(lengths[1]) / Double(lengths[0]) - 0.6) < 0.05)
    }
}
