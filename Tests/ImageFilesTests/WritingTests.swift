import Testing

@testable import ImageFiles

/// What is drawn, and written as PNG, read back pixel by pixel.
@Suite struct WritingTests {
    private func image(height: Int, width: Int, channels: Int) -> PixelImage {
        PixelImage(
            height: height, width: width, channels: channels,
            pixels: (0..<height * width * channels).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) })
    }

    private func readBack(_ image: PixelImage) throws -> PixelImage {
        try image.png().withUnsafeBufferPointer { try #require(ImageFile($0), "no PNG file").decode($0) }
    }

    @Test(arguments: [(1, 1), (3, 5), (28, 28), (1, 300), (257, 2)]) func aPNGFileHoldsEveryPixel(height: Int, width: Int) throws {
        for channels in [1, 3] {
            let image = image(height: height, width: width, channels: channels)
            #expect(try readBack(image) == image, "\(height)×\(width)×\(channels)")
        }
    }

    @Test func enlarging() {
        let small = PixelImage(height: 1, width: 2, channels: 3, pixels: [1, 2, 3, 4, 5, 6])
        let row: [UInt8] = [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]
        #expect(small.enlarged(by: 2) == PixelImage(height: 2, width: 4, channels: 3, pixels: row + row))
        #expect(small.enlarged(by: 1) == small)
    }

    /// Two pictures of 28×28 and one of 13×13: cells of 56, in which the last one is enlarged by 4 and stands in the middle.
    @Test func aGridHoldsItsPicturesInTheirPlaces() throws {
        let pictures = [image(height: 28, width: 28, channels: 3), image(height: 28, width: 28, channels: 1)]
        let small = image(height: 13, width: 13, channels: 1)
        let grid = try readBack(ImageGrid([pictures, [small]], rowNumbers: [7, 8], columnNumbers: [nil, 1]).image())
        // Numbers take 5·2 pixels in height and 3·2 in width, with 2 around; a cell 2 behind it.
        let (top, left, pitch) = (14, 10, 58)
        #expect(grid.height == top + 2 * pitch && grid.width == left + 2 * pitch && grid.channels == 3)
        func pixel(_ row: Int, _ column: Int) -> [UInt8] {
            let first = (row * grid.width + column) * 3
            return Array(grid.pixels[first..<first + 3])
        }
        let ground = pixel(0, 0)
        #expect(ground != pixel(top, left) && pixel(top + 56, left) == ground && pixel(top, left + 57) == ground)
        for (row, column) in [(0, 0), (55, 55), (17, 30), (30, 17)] {
            let stored = (row / 2 * 28 + column / 2)
            #expect(pixel(top + row, left + column) == Array(pictures[0].pixels[stored * 3..<stored * 3 + 3]))
            #expect(pixel(top + row, left + pitch + column) == Array(repeating: pictures[1].pixels[stored], count: 3))
        }
        for (row, column) in [(0, 0), (51, 51), (17, 30)] {
            let shade = small.pixels[row / 4 * 13 + column / 4]
            #expect(pixel(top + pitch + 2 + row, left + 2 + column) == [shade, shade, shade])
        }
        #expect(pixel(top + pitch + 1, left + 1) == ground && pixel(top + pitch + 54, left + 54) == ground)
        // Nothing stands in the second cell of the second row, nor above the first column; a 1 above the second.
        #expect(pixel(top + pitch + 20, left + pitch + 20) == ground)
        func hasInk(_ rows: Range<Int>, _ columns: Range<Int>) -> Bool {
            rows.contains { row in columns.contains { pixel(row, $0) != ground } }
        }
        #expect(!hasInk(0..<top, left..<left + pitch) && hasInk(0..<top, left + pitch..<left + 2 * pitch))
        #expect(hasInk(top..<top + pitch - 2, 0..<left) && hasInk(top + pitch..<top + 2 * pitch, 0..<left))
    }

    /// The glyphs as one sees them.
    @Test func digits() {
        func rows(_ number: Int) -> [String] {
            let places = Digits.places(of: number)
            return (0..<Digits.height).map { row in
                String((0..<Digits.width(of: number)).map { column in places.contains { $0 == (row, column) } ? "#" : "." })
            }
        }
        #expect(rows(407) == ["#.#.###.###", "#.#.#.#...#", "###.#.#..#.", "..#.#.#..#.", "..#.###..#."])
        #expect(Set((0...9).map(rows)).count == 10)
    }
}
