/// The markers of the palette: shapes that stay apart without colour.
enum MarkerShape: CaseIterable {
    case circle, square, diamond, triangle, invertedTriangle, ring, openSquare, openDiamond

    /// Each round of the colours begins one shape further on, so that no two of the first places have both in common.
    init(slot: Int) { self = Self.allCases[(slot + slot / Palette.colours.count) % Self.allCases.count] }

    var isOpen: Bool { self == .ring || self == .openSquare || self == .openDiamond }

    /// As it is drawn with characters.
    var character: Character {
        switch self {
        case .circle: "●"
        case .square: "■"
        case .diamond: "◆"
        case .triangle: "▲"
        case .invertedTriangle: "▼"
        case .ring: "○"
        case .openSquare: "□"
        case .openDiamond: "◇"
        }
    }

    /// An SVG element around a centre. All shapes cover about the same area.
    func element(x: Double, y: Double, radius: Double = 3.5) -> String {
        let style = isOpen ? "marker open" : "marker"
        func path(_ points: [(Double, Double)]) -> String {
            let corners = points.map { "\(pixel(x + $0.0 * radius)) \(pixel(y + $0.1 * radius))" }
            return "<path class=\"\(style)\" d=\"M\(corners.joined(separator: "L"))Z\"/>"
        }
        switch self {
        case .circle, .ring: return "<circle class=\"\(style)\" cx=\"\(pixel(x))\" cy=\"\(pixel(y))\" r=\"\(pixel(radius))\"/>"
        case .square, .openSquare: return path([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
        case .diamond, .openDiamond: return path([(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)])
        case .triangle: return path([(0, -1.25), (1.2, 0.85), (-1.2, 0.85)])
        case .invertedTriangle: return path([(0, 1.25), (1.2, -0.85), (-1.2, -0.85)])
        }
    }
}
