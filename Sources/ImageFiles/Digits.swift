/// The digits as 3×5 pixels, for numbers beside pictures.
enum Digits {
    static let height = 5
    private static let width = 3
    /// A digit in five rows of three bits, the left one highest.
    private static let glyphs: [[UInt8]] = [
        [0b111, 0b101, 0b101, 0b101, 0b111], [0b010, 0b110, 0b010, 0b010, 0b111], [0b111, 0b001, 0b111, 0b100, 0b111],
        [0b111, 0b001, 0b111, 0b001, 0b111], [0b101, 0b101, 0b111, 0b001, 0b001], [0b111, 0b100, 0b111, 0b001, 0b111],
        [0b111, 0b100, 0b111, 0b101, 0b111], [0b111, 0b001, 0b010, 0b010, 0b010], [0b111, 0b101, 0b111, 0b101, 0b111],
        [0b111, 0b101, 0b111, 0b001, 0b111],
    ]

    /// The pixels that are set in a number's picture, a pixel free between digits. Precondition: it is not negative.
    static func places(of number: Int) -> [(row: Int, column: Int)] {
        var places: [(row: Int, column: Int)] = []
        for (position, digit) in String(number).compactMap(\.wholeNumberValue).enumerated() {
            for (row, bits) in glyphs[digit].enumerated() {
                for column in 0..<width where bits >> (width - 1 - column) & 1 == 1 {
                    places.append((row, position * (width + 1) + column))
                }
            }
        }
        return places
    }

    static func width(of number: Int) -> Int { String(number).count * (width + 1) - 1 }
}
