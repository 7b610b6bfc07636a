/// What a page shows as a picture, and a terminal with characters.
public protocol Figure: Sendable {
    var title: String { get }
    /// A sentence below it; none if empty.
    var caption: String { get }
    /// Drawn for a column of the given kind. One well-formed element without outside references; its colours are those of the page's
    /// stylesheet.
    func drawing(_ width: FigureWidth) -> Drawing
    /// Drawn with characters, in at most so many columns; lines without their ends.
    func text(columns: Int) -> [String]
    /// What the picture cannot show of its data, as sentences.
    var remarks: [String] { get }
}

extension Figure {
    public var remarks: [String] { [] }
}

/// The two widths that figures are drawn for, so that text keeps its size on a narrow screen.
public enum FigureWidth: Sendable, CaseIterable {
    case wide
    case narrow

    /// In pixels of the drawing.
    var pixels: Double { self == .wide ? 560 : 350 }
}

/// A figure as drawn: the picture, and the names that had no room in it.
public struct Drawing: Sendable {
    /// One element of SVG.
    public let svg: String
    /// What stands below the picture.
    let legend: [LegendEntry]
}

/// A name that explains a colour, marker or dash.
struct LegendEntry: Sendable, Equatable {
    let name: String
    /// The place in the palette; nil for grey.
    let slot: Int?
    var isDashed = false
    var isBar = false
    /// A line across the chart, not a series.
    var isReference = false
}
