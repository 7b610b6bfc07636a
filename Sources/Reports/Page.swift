/// A document of sections: one self-contained HTML file, or text for a terminal.
public struct Page: Sendable {
    public enum Block: Sendable {
        case heading(String)
        case paragraph(String)
        /// What follows from the numbers: set apart, for it is what the reader came for.
        case conclusion(String)
        case table(Table)
        /// Side by side where there is room.
        case figures([any Figure])
        /// Lines to be typed, or other text whose spaces count.
        case commands([String])
    }

    public var title: String
    /// A line below the title; none if empty.
    public var subtitle: String
    public var blocks: [Block]

    public init(title: String, subtitle: String = "", blocks: [Block] = []) {
        self.title = title
        self.subtitle = subtitle
        self.blocks = blocks
    }
}
