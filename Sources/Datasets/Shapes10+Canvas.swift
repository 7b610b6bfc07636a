import Diagnostics

extension Shapes10 {
    /// 32 × 32 pixels of colour in 0…1, painted on from back to front.
    struct Canvas {
        static let side = 32
        static let channels = 3
        static let bytes = channels * side * side
        /// Points taken per pixel and axis to find how much of the pixel a figure covers.
        private static let samples = 3

        /// [side][side], top to bottom.
        private var pixels = [Colour](repeating: .zero, count: side * side)

        /// A figure's place: its centre and radius in pixels, and the direction that its own x axis takes.
        struct Placement {
            var centre: Point
            var radius: Float
            var axis: Point
        }

        /// Fills the canvas with a colour that goes from `first` to `second` along a direction.
        mutating func fill(from first: Colour, to second: Colour, along axis: Point) {
            let half = Float(Self.side) / 2
            for row in 0..<Self.side {
                for column in 0..<Self.side {
                    let x = Float(column) + 0.5 - half
                    let y = Float(row) + 0.5 - half
                    // −1…1 over the longest diagonal, 22.7 pixels from the centre.
                    let part = 0.5 + 0.5 * (x * axis.x + y * axis.y) / 22.7
                    pixels[row * Self.side + column] = first + (second - first) * part
                }
            }
        }

        /// Paints what lies in a figure: from `first` to `second` along the figure's own axis.
        ///
        /// Pixels on the edge are mixed by how much of them is covered; a pixel wholly outside the figure's circle is not looked at.
        mutating func paint(_ place: Placement, from first: Colour, to second: Colour, covers: (Point) -> Bool) {
            let reach = place.radius + 1
            let rows = Self.bounds(place.centre.y, reach)
            let columns = Self.bounds(place.centre.x, reach)
            let step = 1 / Float(Self.samples)
            for row in rows {
                for column in columns {
                    var hits = 0
                    for sub in 0..<(Self.samples * Self.samples) {
                        let (down, across) = sub.quotientAndRemainder(dividingBy: Self.samples)
                        let x = Float(column) + (Float(across) + 0.5) * step - place.centre.x
                        let y = Float(row) + (Float(down) + 0.5) * step - place.centre.y
                        if covers(Self.turned(x, y, place)) { hits += 1 }
                    }
                    if hits == 0 { continue }
                    let own = Self.turned(Float(column) + 0.5 - place.centre.x, Float(row) + 0.5 - place.centre.y, place)
                    let colour = first + (second - first) * (0.5 + 0.5 * own.x)
                    let index = row * Self.side + column
                    pixels[index] += (colour - pixels[index]) * (Float(hits) / Float(Self.samples * Self.samples))
                }
            }
        }

        /// Adds triangular noise of ±`strength` to every channel of every pixel, independently.
        mutating func addNoise(_ strength: Float, _ draws: inout Draws) {
            for index in pixels.indices {
                var noise = Colour.zero
                for channel in 0..<Self.channels {
                    let word = draws.word()
                    noise[channel] = Float(Int(word & 0xffff) - Int(word >> 16)) * 0x1p-16
                }
                pixels[index] += noise * strength
            }
        }

        /// Writes the red, the green and then the blue plane, each [side][side], as bytes rounded to nearest.
        func copyPlanes(to bytes: UnsafeMutableRawBufferPointer) {
            require(bytes.count == Self.bytes, "\(bytes.count) bytes for \(Self.bytes) of an image")
            let plane = Self.side * Self.side
            for (index, pixel) in pixels.enumerated() {
                for channel in 0..<Self.channels {
                    bytes[channel * plane + index] = UInt8(min(1, max(0, pixel[channel])) * 255 + 0.5)
                }
            }
        }

        /// A displacement from the figure's centre, in the figure's own axes and radii.
        private static func turned(_ x: Float, _ y: Float, _ place: Placement) -> Point {
            Point(
                x: (x * place.axis.x + y * place.axis.y) / place.radius, y: (y * place.axis.x - x * place.axis.y) / place.radius)
        }

        private static func bounds(_ centre: Float, _ reach: Float) -> Range<Int> {
            let low = max(0, Int(max(0, centre - reach)))
            let high = min(side, Int(max(0, centre + reach)) + 1)
            return low..<max(low, high)
        }
    }
}
