import Diagnostics

/// Pictures in rows and columns, on a ground of their own colour so that black ones have an edge, with numbers at the edges.
///
/// Each picture is enlarged by the largest whole factor with which it fits its cell, and stands in the middle of it.
public struct ImageGrid {
    private let rows: [[PixelImage]]
    private let rowNumbers: [Int]
    private let columnNumbers: [Int?]
    private let cellSide: Int

    private static let gap = 2
    /// Pixels of the picture for one of a digit.
    private static let digitScale = 2
    private static let ground: [UInt8] = [38, 70, 120]
    private static let ink: [UInt8] = [255, 220, 120]
    /// The smallest side of a cell at which one need not strain one's eyes, and the width that it must not bring about.
    private static let comfortableSide = 56
    private static let mostWidth = 4_096

    /// - Parameters:
    ///   - rowNumbers: what stands to the left of each row.
    ///   - columnNumbers: what stands above each column; nil for nothing. Where cells are narrower than numbers, only some are shown.
    ///
    /// Precondition: at least one picture, a number for each row and an entry for each column.
    public init(_ rows: [[PixelImage]], rowNumbers: [Int], columnNumbers: [Int?]) {
        let columns = rows.map(\.count).max() ?? 0
        require(
            columns > 0 && rowNumbers.count == rows.count && columnNumbers.count == columns,
            "\(rowNumbers.count) and \(columnNumbers.count) numbers for a grid of \(rows.count) rows and \(columns) columns")
        (self.rows, self.rowNumbers, self.columnNumbers) = (rows, rowNumbers, columnNumbers)
        let side = rows.joined().map { max($0.height, $0.width) }.max() ?? 1
        let wanted = (Self.comfortableSide + side - 1) / side
        cellSide = side * max(1, min(wanted, Self.mostWidth / (columns * side)))
    }

    /// The whole as one image in colour.
    public func image() -> PixelImage {
        let pitch = cellSide + Self.gap
        let top = Digits.height * Self.digitScale + 2 * Self.gap
        let left = Self.textWidth(rowNumbers) + 2 * Self.gap
        var canvas = Canvas(
            height: top + rows.count * pitch, width: left + columnNumbers.count * pitch, ground: Self.ground)
        let numbers = columnNumbers.compactMap(\.self)
        // Every one, or the first of two, five, ten and so on.
        let every = [1, 2, 5, 10, 20, 50].first { $0 * pitch > Self.textWidth(numbers) + Self.gap } ?? 100
        for (column, number) in columnNumbers.enumerated() {
            guard let number, (number - (numbers.first ?? 0)).isMultiple(of: every) else { continue }
            canvas.write(number, top: Self.gap, left: left + column * pitch, scale: Self.digitScale, ink: Self.ink)
        }
        for (row, pictures) in rows.enumerated() {
            let y = top + row * pitch
            canvas.write(
                rowNumbers[row], top: y + (cellSide - Digits.height * Self.digitScale) / 2, left: Self.gap,
                scale: Self.digitScale, ink: Self.ink)
            for (column, picture) in pictures.enumerated() {
                let enlarged = picture.enlarged(by: cellSide / max(picture.height, picture.width))
                canvas.lay(
                    enlarged.converted(toChannels: 3), top: y + (cellSide - enlarged.height) / 2,
                    left: left + column * pitch + (cellSide - enlarged.width) / 2)
            }
        }
        return canvas.image
    }

    private static func textWidth(_ numbers: [Int]) -> Int { (numbers.map(Digits.width).max() ?? 0) * digitScale }
}

/// An image in colour that others are laid on; what reaches over its edge is left out.
private struct Canvas {
    private let height: Int
    private let width: Int
    private var pixels: [UInt8]

    init(height: Int, width: Int, ground: [UInt8]) {
        (self.height, self.width) = (height, width)
        pixels = []
        pixels.reserveCapacity(height * width * ground.count)
        for _ in 0..<height * width { pixels += ground }
    }

    var image: PixelImage { PixelImage(height: height, width: width, channels: 3, pixels: pixels) }

    mutating func lay(_ picture: PixelImage, top: Int, left: Int) {
        for row in 0..<picture.height {
            for column in 0..<picture.width {
                let first = (row * picture.width + column) * 3
                set(top + row, left + column, picture.pixels[first..<first + 3])
            }
        }
    }

    mutating func write(_ number: Int, top: Int, left: Int, scale: Int, ink: [UInt8]) {
        for place in Digits.places(of: number) {
            for row in 0..<scale {
                for column in 0..<scale { set(top + place.row * scale + row, left + place.column * scale + column, ink[...]) }
            }
        }
    }

    private mutating func set(_ row: Int, _ column: Int, _ colour: ArraySlice<UInt8>) {
        guard row >= 0, row < height, column >= 0, column < width else { return }
        let first = (row * width + column) * 3
        pixels.replaceSubrange(first..<first + 3, with: colour)
    }
}
