import Foundation
import Testing

@testable import Reports

@Suite struct ChartTests {
    private func chart(_ values: [Double], x: Axis = Axis("epoch"), y: Axis = Axis("loss")) -> Chart {
        Chart("Loss", x: x, y: y, series: [Series("run", points: values.enumerated().map { .init(x: Double($0 + 1), y: $1) })])
    }

    @Test func noPoints() {
        for chart in [Chart("None", x: Axis("epoch"), y: Axis("loss"), series: []), chart([])] {
            for markup in expectLegible(chart) { #expect(markup.named("text").contains { $0.text == "no points" }) }
            #expect(chart.remarks.isEmpty)
        }
    }

    @Test func onePointIsAMarker() {
        for markup in expectLegible(chart([2.3])) {
            #expect(markup.named("circle").count == 2, "the point, and its key beside its name")
            #expect(!markup.named("path").contains { $0.classes.contains("line") })
        }
    }

    @Test func whatIsNotFiniteBreaksTheLineAndIsShown() {
        let chart = chart([1, 2, .nan, .nan, 3, .infinity, 2, 1, -.infinity])
        for markup in expectLegible(chart) {
            let lines = markup.named("path").filter { $0.classes.contains("line") }
            // One path of two pieces; the single point between is a marker.
            #expect(lines.count == 1 && lines[0].attributes["d"]?.count { $0 == "M" } == 2)
            #expect(markup.named("path").count { $0.classes.contains("cross") } == 3, "one for each row of such points")
            #expect(markup.named("text").contains { $0.text == "run (diverged)" })
        }
        #expect(chart.remarks == ["× 4 points not finite: diverged."])
    }

    @Test func nothingButNaN() {
        for scale in Scale.allCases {
            for markup in expectLegible(chart([.nan, .nan], y: Axis("loss", scale: scale))) {
                #expect(markup.named("path").contains { $0.classes.contains("cross") })
            }
        }
    }

    @Test func whatHasNoLogarithmIsShownAsSuch() {
        let chart = chart([1, 0, -2, 10], y: Axis("loss", scale: .log10))
        for markup in expectLegible(chart) { #expect(markup.named("path").contains { $0.classes.contains("cross") }) }
        #expect(chart.remarks == ["▿ 2 points of zero or less, which a logarithmic axis has no place for."])
    }

    @Test func aPlaceThatIsNoneIsTold() {
        let chart = Chart(
            "x", x: Axis("rate", scale: .log2), y: Axis("loss"),
            series: [Series("", points: [.init(x: 0, y: 1), .init(x: 2, y: 1)])])
        expectLegible(chart)
        #expect(chart.remarks == ["1 point without a place on the axis 'rate' not drawn."])
    }

    @Test func aBandIsInterruptedWhereItHasNoEdges() {
        let points: [Series.Point] = [
            .init(x: 1, y: 1, low: 0.5, high: 1.5), .init(x: 2, y: 1, low: 0.5, high: 1.5), .init(x: 3, y: 1),
            .init(x: 4, y: 1, low: 0.5, high: .nan), .init(x: 5, y: 1, low: 0.5, high: 1.5), .init(x: 6, y: 1, low: 0.5, high: 2),
        ]
        let chart = Chart("Band", x: Axis("x"), y: Axis("y"), series: [Series("a", points: points)])
        for markup in expectLegible(chart) { #expect(markup.named("path").count { $0.classes.contains("band") } == 2) }
        #expect(chart.yRange(steps: 5).upper >= 2)
    }

    @Test func namesAreText() {
        let name = "<b>\"R&D\"</b> 'x' \u{0}\u{1B}[31m"
        let chart = Chart(
            name, x: Axis(name), y: Axis(name), series: [Series(name, points: [.init(x: 1, y: 1)])],
            references: [.init(y: 2, label: name)], marks: [.init(x: 1, label: name)])
        for markup in expectLegible(chart) { #expect(markup.named("b").isEmpty) }
    }

    @Test func aGivenBoundCutsCurvesOffAndKeepsNames() {
        let chart = Chart(
            "Cut", x: Axis("epoch"), y: Axis("loss", from: 0, to: 1),
            series: [Series("far", points: [.init(x: 1, y: 0.5), .init(x: 2, y: 1e250)])])
        for markup in expectLegible(chart) {
            #expect(markup.named("text").contains { $0.text == "far" })
            #expect(markup.named("svg").contains { $0.attributes["overflow"] == "hidden" })
        }
    }

    @Test func automaticTonesSkipWhatIsGiven() {
        let chart = Chart(
            "Tones", x: Axis("x"), y: Axis("y"),
            series: [
                Series("a", points: []), Series("b", points: [], tone: .muted), Series("c", points: [], tone: .slot(5)),
                Series("d", points: []),
            ])
        #expect(chart.slots == [0, nil, 5, 1])
    }

    @Test func manyPointsAreThinnedAndKeepTheirExtremes() throws {
        var values = (0..<200_000).map { 1 + 0.1 * sin(Double($0) / 100) }
        values[77_777] = 5
        let drawing = chart(values).drawing(.wide)
        #expect(drawing.svg.utf8.count < 60_000)
        let markup = try #require(Markup.parse(drawing.svg))
        let line = try #require(markup.named("path").first { $0.classes.contains("line") }?.attributes["d"])
        let heights = line.dropFirst().split(separator: "L").compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
        let layout = ChartLayout(chart(values), width: .wide)
        #expect(abs((heights.min() ?? 0) - layout.vertical(5)) < 0.1)
    }

    /// Charts of all kinds at random: always legible, whatever the names, counts, scales and values.
    @Test func sweep() {
        var numbers = SeededNumbers(seed: 6)
        let words = [
            "a", "rate 0.05", "lenet5-cifar10-12, test", "ein sehr langer Name, der nirgends Platz hat, nicht einmal hier", "漢字漢字",
            "WWWWWWWWWWWWWWWWWWWW",
        ]
        var drawn = 0
        for _ in 0..<300 {
            let scales = (
                Scale.allCases.randomElement(using: &numbers) ?? .linear, Scale.allCases.randomElement(using: &numbers) ?? .log2
            )
            let size = numbers.magnitude(-8...8)
            let series = (0..<Int.random(in: 0...14, using: &numbers)).map { index in
                let points = (0..<Int.random(in: 0...30, using: &numbers)).map { place in
                    let fault = Int.random(in: 0..<20, using: &numbers)
                    let y = fault == 0 ? .nan : fault == 1 ? .infinity : size * Double.random(in: 0.5...1.5, using: &numbers)
                    return Series.Point(
                        x: Double(place + 1), y: y, low: fault < 10 ? y * 0.9 : nil, high: fault < 10 ? y * 1.1 : nil)
                }
                return Series("\(words.randomElement(using: &numbers) ?? "") \(index)", points: points, dashed: index % 3 == 0)
            }
            let chart = Chart(
                "Sweep", x: Axis(words.randomElement(using: &numbers) ?? "", scale: scales.0),
                y: Axis(words.randomElement(using: &numbers) ?? "", scale: scales.1), series: series,
                references: numbers.next() % 2 == 0 ? [.init(y: size, label: "goal")] : [],
                marks: (0..<Int.random(in: 0...4, using: &numbers)).map { .init(x: Double($0 * 3 + 1), label: words[$0]) })
            drawn += expectLegible(chart).count
            for line in chart.text(columns: 72) { #expect(TerminalWidth.of(line) <= 72, "\(line)") }
        }
        #expect(drawn == 600)
    }

    /// Ten curves have ten looks: colours come again, but not with the same marker.
    @Test func looksDoNotRepeat() {
        let looks = (0..<64).map { "\(Palette.style(of: $0)) \(MarkerShape(slot: $0))" }
        #expect(Set(looks).count == looks.count)
    }
}
