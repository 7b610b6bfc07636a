extension Shapes10 {
    /// The ten kinds of figure; the raw value is the class's name, the order that of the labels.
    ///
    /// A figure is a set of points of the plane, centred on the origin and within the unit circle. All can be told apart at any turn.
    enum Figure: String, CaseIterable {
        case disc
        case ring
        case square
        case frame
        case triangle
        case cross
        case star
        case crescent
        case stripes
        case checkerboard

        /// Whether the figure covers a point.
        func covers(_ point: Point) -> Bool {
            let x = point.x
            let y = point.y
            switch self {
            case .disc:
                return x * x + y * y <= 0.81
            case .ring:
                let square = x * x + y * y
                return square <= 1 && square >= 0.3
            case .square:
                return max(abs(x), abs(y)) <= 0.7
            case .frame:
                let distance = max(abs(x), abs(y))
                return distance <= 0.7 && distance >= 0.38
            case .triangle:
                // Equilateral, its corners on the circle, one at the top.
                return y <= 0.5 && 0.866_025_4 * abs(x) - 0.5 * y <= 0.5
            case .cross:
                return max(abs(x), abs(y)) <= 0.96 && min(abs(x), abs(y)) <= 0.24
            case .star:
                return Self.starCovers(x, y)
            case .crescent:
                let dx = x - 0.5
                return x * x + y * y <= 1 && dx * dx + y * y >= 0.64
            case .stripes:
                return max(abs(x), abs(y)) <= 0.7 && (abs(y) <= 0.14 || abs(y) >= 0.42)
            case .checkerboard:
                // Three by three cells, the corners covered.
                return max(abs(x), abs(y)) < 0.7 && (Int((x + 0.7) * (3 / 1.4)) + Int((y + 0.7) * (3 / 1.4))) & 1 == 0
            }
        }

        /// A five-pointed star: points that lie within at least four of the five half-planes whose edges carry its sides.
        ///
        /// The half-planes' normals are the fifth roots of unity, one pointing down; a side passes the centre at cos 72° = 0.309….
        private static func starCovers(_ x: Float, _ y: Float) -> Bool {
            var inside = 0
            if y <= 0.309_017 { inside += 1 }
            if 0.951_056_5 * x + 0.309_017 * y <= 0.309_017 { inside += 1 }
            if -0.951_056_5 * x + 0.309_017 * y <= 0.309_017 { inside += 1 }
            if 0.587_785_25 * x - 0.809_017 * y <= 0.309_017 { inside += 1 }
            if -0.587_785_25 * x - 0.809_017 * y <= 0.309_017 { inside += 1 }
            return inside >= 4
        }
    }
}
