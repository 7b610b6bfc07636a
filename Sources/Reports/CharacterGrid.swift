/// A plot of characters, whose lower left corner is (0, 0) and whose upper right one is (1, 1).
struct CharacterGrid {
    private let columns: Int
    private let rows: Int
    private var characters: [Character]

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
        characters = Array(repeating: " ", count: columns * rows)
    }

    /// Counted from above; nil outside.
    func row(at height: Double) -> Int? { index(1 - height, rows) }

    func line(_ row: Int) -> String { String(characters[row * columns..<(row + 1) * columns]) }

    mutating func fillRow(at height: Double, with character: Character) {
        guard let row = row(at: height) else { return }
        for column in 0..<columns { characters[row * columns + column] = character }
    }

    mutating func fillColumn(at place: Double, with character: Character) {
        guard let column = index(place, columns) else { return }
        for row in 0..<rows { characters[row * columns + column] = character }
    }

    /// A line: a character for each column that it crosses, and for each row where it is steep.
    mutating func draw(from start: (x: Double, y: Double), to end: (x: Double, y: Double), with character: Character) {
        // Far ends outside of the plot would be long walks for nothing.
        func near(_ value: Double) -> Double { min(max(value, -20), 20) }
        let (x, y) = (near(start.x), near(start.y))
        let (width, height) = (near(end.x) - x, near(end.y) - y)
        let steps = max(1, Int((max(abs(width) * Double(columns - 1), abs(height) * Double(rows - 1))).rounded(.up)))
        for step in 0...steps {
            let share = Double(step) / Double(steps)
            guard let column = index(x + share * width, columns), let row = row(at: y + share * height) else { continue }
            characters[row * columns + column] = character
        }
    }

    private func index(_ fraction: Double, _ count: Int) -> Int? {
        let place = (fraction * Double(count - 1)).rounded()
        return place >= 0 && place < Double(count) ? Int(place) : nil
    }
}
