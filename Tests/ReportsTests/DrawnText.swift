import Testing

@testable import Reports

/// A piece of text in a drawing, and the box that it takes by our estimate.
struct DrawnText {
    let text: String
    let left: Double
    let right: Double
    let top: Double
    let bottom: Double

    func overlaps(_ other: DrawnText) -> Bool {
        left < other.right - 0.2 && other.left < right - 0.2 && top < other.bottom - 0.2 && other.top < bottom - 0.2
    }

    /// Of a drawing's text elements, at the page's size of 12 pixels.
    init?(_ element: Markup.Element) {
        guard let x = element.number("x"), let baseline = element.number("y") else { return nil }
        let width = TextWidth.of(element.text, size: 12)
        text = element.text
        left = element.classes.contains("middle") ? x - width / 2 : element.classes.contains("end") ? x - width : x
        right = left + width
        top = baseline - 9.5
        bottom = baseline + 3
    }
}

/// Well-formed, no two pieces of text over each other, and none beyond the edge. Returns what was drawn.
@discardableResult
func expectLegible(_ figure: any Figure, at location: SourceLocation = #_sourceLocation) -> [Markup] {
    FigureWidth.allCases.compactMap { width in
        guard let markup = Markup.parse(figure.drawing(width).svg, at: location) else { return nil }
        let box = markup.elements[0].attributes["viewBox"]?.split(separator: " ").compactMap { Double($0) } ?? []
        guard box.count == 4 else {
            Issue.record("no viewBox", sourceLocation: location)
            return nil
        }
        let texts = markup.named("text").compactMap(DrawnText.init)
        for (index, text) in texts.enumerated() {
            let isInside = text.left >= -0.2 && text.right <= box[2] + 0.2 && text.top >= -0.2 && text.bottom <= box[3] + 0.2
            #expect(isInside, "\(figure.title), \(width): '\(text.text)' at \(text) is cut by \(box)", sourceLocation: location)
            for other in texts[..<index] where text.overlaps(other) {
                Issue.record("\(figure.title), \(width): '\(text.text)' lies over '\(other.text)'", sourceLocation: location)
            }
        }
        for text in markup.elements.flatMap({ $0.attributes.values }) {
            #expect(!text.contains("nan") && !text.contains("inf"), "\(text)", sourceLocation: location)
        }
        return markup
    }
}
