/// Elements of a drawing.
enum SVG {
    /// The whole drawing, named for those who do not see it.
    static func picture(_ title: String, width: Double, height: Double, _ elements: String) -> String {
        "<svg viewBox=\"0 0 \(pixel(width)) \(pixel(height))\" role=\"img\" aria-label=\"\(escaped(title))\" "
            + "xmlns=\"http://www.w3.org/2000/svg\">\(elements)</svg>"
    }

    /// Elements in the colour of a place in the palette, or in grey.
    static func tone(_ slot: Int?, _ elements: String) -> String {
        elements.isEmpty ? "" : "<g class=\"\(Palette.style(of: slot))\">\(elements)</g>"
    }

    static func text(_ text: String, x: Double, baseline: Double, style: String) -> String {
        "<text class=\"\(style)\" x=\"\(pixel(x))\" y=\"\(pixel(baseline))\">\(escaped(text))</text>"
    }

    static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String) -> String {
        "<path class=\"\(style)\" d=\"M\(pixel(x1)) \(pixel(y1))L\(pixel(x2)) \(pixel(y2))\"/>"
    }
}
