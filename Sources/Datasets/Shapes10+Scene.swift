extension Shapes10 {
    /// Draws one sample: background, clutter, figure, noise. Returns its label.
    static func draw(seed: UInt64, split: Split, sample: Int, on canvas: inout Canvas) -> Int {
        let label = label(seed: seed, split: split, sample: sample)
        var draws = Draws(seed: seed, split: split, sample: sample, stream: .picture)
        let palette = Palette(&draws)
        canvas.fill(from: palette.background.0, to: palette.background.1, along: draws.direction())
        addClutter(to: &canvas, pieces: draws.integer(below: 6), near: palette.background.0, &draws)
        let place = Canvas.Placement(
            centre: Point(x: draws.uniform(10.5, 21.5), y: draws.uniform(10.5, 21.5)), radius: draws.uniform(7, 12),
            axis: draws.direction())
        let figure = Figure.allCases[label]
        canvas.paint(place, from: palette.figure.0, to: palette.figure.1) { figure.covers($0) }
        addClutter(to: &canvas, pieces: draws.integer(below: 3), near: palette.background.0, &draws)
        canvas.addNoise(draws.uniform(0.04, 0.26), &draws)
        return label
    }

    /// The label of one sample: each group of ten successive samples holds every class once, in an order of its own.
    static func label(seed: UInt64, split: Split, sample: Int) -> Int {
        var draws = Draws(seed: seed, split: split, sample: sample / 10, stream: .labels)
        var order = Array(0..<10)
        for last in stride(from: 9, to: 0, by: -1) { order.swapAt(last, draws.integer(below: last + 1)) }
        return order[sample % 10]
    }

    /// The colours at both ends of the background's and of the figure's gradient.
    private struct Palette {
        let background: (Colour, Colour)
        let figure: (Colour, Colour)

        /// Figure and background differ clearly in brightness; which is the lighter is left to chance.
        init(_ draws: inout Draws) {
            let contrast = draws.uniform(0.2, 0.6)
            let darker = draws.uniform(0.05, 0.95 - contrast)
            let figureIsLighter = draws.oneIn(2)
            let base = Self.colour(brightness: figureIsLighter ? darker : darker + contrast, &draws)
            let ink = Self.colour(brightness: figureIsLighter ? darker + contrast : darker, &draws)
            background = Self.gradient(base, 0.1, &draws)
            figure = Self.gradient(ink, 0.07, &draws)
        }

        /// A random colour whose mean of red, green and blue is `brightness`, as far as 0…1 allows.
        private static func colour(brightness: Float, _ draws: inout Draws) -> Colour {
            let colour = draws.colour() * 0.4
            let mean = (colour[0] + colour[1] + colour[2]) / 3
            return (colour + (brightness - mean)).clamped(lowerBound: .zero, upperBound: .one)
        }

        private static func gradient(_ colour: Colour, _ span: Float, _ draws: inout Draws) -> (Colour, Colour) {
            let change = (draws.colour() - 0.5) * (2 * span)
            return (colour - change, colour + change)
        }
    }

    /// Small discs and bars, each a little lighter or darker than the background.
    private static func addClutter(to canvas: inout Canvas, pieces: Int, near background: Colour, _ draws: inout Draws) {
        for _ in 0..<pieces {
            let shade = background + (draws.colour() - 0.5) * 0.5
            let place = Canvas.Placement(
                centre: Point(x: draws.uniform(0, 32), y: draws.uniform(0, 32)), radius: draws.uniform(1.5, 5),
                axis: draws.direction())
            if draws.oneIn(2) {
                canvas.paint(place, from: shade, to: shade) { $0.x * $0.x + $0.y * $0.y <= 1 }
            } else {
                canvas.paint(place, from: shade, to: shade) { abs($0.x) <= 1 && abs($0.y) <= 0.25 }
            }
        }
    }
}
