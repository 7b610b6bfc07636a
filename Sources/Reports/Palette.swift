/// The colours of figures: those of Okabe and Ito ("Color Universal Design", 2008), which people of any colour vision tell apart, their
/// yellow and black replaced by ones that show on white and on black, and each in a lighter form for dark pages.
enum Palette {
    /// On white and on black, by place.
    static let colours: [(light: String, dark: String)] = [
        ("#0072b2", "#56b4e9"),  // blue
        ("#d55e00", "#ff8b4d"),  // vermilion
        ("#009e73", "#2bc99a"),  // bluish green
        ("#b8568f", "#e59ac6"),  // reddish purple
        ("#c98600", "#f0b429"),  // orange
        ("#3f9fd8", "#a6d8f7"),  // sky blue
        ("#6b5b95", "#b3a5e6"),  // violet
        ("#5c4b1f", "#e3dc7a"),  // ochre
    ]

    /// The class of the stylesheet for a place in the palette, or for grey.
    static func style(of slot: Int?) -> String { slot.map { "tone\($0 % colours.count)" } ?? "muted" }

    /// Custom properties that hold the colours.
    static var lightProperties: String { colours.enumerated().map { "--tone\($0.offset):\($0.element.light);" }.joined() }
    static var darkProperties: String { colours.enumerated().map { "--tone\($0.offset):\($0.element.dark);" }.joined() }

    /// What gives the classes their colours.
    static var classes: String {
        colours.indices.map { ".tone\($0){--tone:var(--tone\($0))}" }.joined(separator: "\n") + "\n.muted{--tone:var(--faint)}"
    }
}
