import EventLog
import ImageFiles
import Kernels
import Networks
import Testing

@testable import Training

/// Weights and outputs as shades of grey.
@Suite struct PictureTests {
    @Test func shades() {
        #expect([-2, -1, 0, 1, 2].map { FilterPicture.shade($0, largest: 2) } == [1, 65, 128, 192, 255])
        #expect(FilterPicture.shade(0, largest: 0) == 128 && FilterPicture.shade(.nan, largest: 1) == 128)
        #expect([-1, 0, 1, 2].map { OutputPicture.shade($0, largest: 2) } == [0, 0, 128, 255])
        #expect(OutputPicture.shade(0, largest: 0) == 0 && OutputPicture.shade(.infinity, largest: .infinity) == 0)
    }

    /// A pixel of a grid of one-digit rows, in cell (row, column), at a place of the picture that is in it.
    private func pixel(_ grid: PixelImage, cell: (Int, Int), side: Int, _ place: (Int, Int), left: Int = 10) -> [UInt8] {
        let (row, column) = (14 + cell.0 * (56 + 2) + place.0 * 56 / side, left + cell.1 * (56 + 2) + place.1 * 56 / side)
        let first = (row * grid.width + column) * 3
        return Array(grid.pixels[first..<first + 3])
    }

    /// Three filters of 2×2 over images in colour, each on its own scale.
    @Test func filters() throws {
        let model = Model(
            name: "filters", input: TensorShape(height: 4, width: 4, channels: 3), classes: 2,
            layers: [.convolution(.init(channels: 3, kernel: 2)), .globalAveragePool, .linear(.init(outputs: 2))])
        let part = try NetworkPart(model)
        let weight = try #require(part.layout.parameters.first { $0.name == "convolution1.weight" })
        #expect(weight.shape == [2, 2, 3, 3])
        let parameters = AlignedFloats(count: part.layout.arenaCount)
        func set(_ row: Int, _ column: Int, _ channel: Int, _ filter: Int, _ value: Float) {
            parameters.base[weight.offset + ((row * 2 + column) * 3 + channel) * 3 + filter] = value
        }
        // The first filter sees red at the top left, the second is the same a thousand times fainter and negative, the third is 0.
        set(0, 0, 0, 0, 4)
        set(1, 0, 2, 0, -2)
        set(0, 1, 0, 1, -0.004)
        let source = try #require(try FilterPicture.Source(firstOf: model))
        let picture = FilterPicture(source, parameters: parameters.base, part.layout)
        #expect(picture.layer.name == "convolution1")
        let grid = picture.image
        #expect(grid.width == 10 + 3 * 58 && grid.height == 14 + 58)
        #expect(pixel(grid, cell: (0, 0), side: 2, (0, 0)) == [255, 128, 128])
        #expect(pixel(grid, cell: (0, 0), side: 2, (1, 0)) == [128, 128, 65])
        #expect(pixel(grid, cell: (0, 0), side: 2, (1, 1)) == [128, 128, 128])
        #expect(pixel(grid, cell: (0, 1), side: 2, (0, 1)) == [1, 128, 128])
        #expect((0..<4).allSatisfy { pixel(grid, cell: (0, 2), side: 2, ($0 / 2, $0 % 2)) == [128, 128, 128] })
        // The first of them.
        #expect(FilterPicture(source, parameters: parameters.base, part.layout, most: 2).image.width == 10 + 2 * 58)
    }

    /// Filters over four channels: a row for each.
    @Test func filtersOfALaterLayer() throws {
        let model = Model(
            name: "deep", input: TensorShape(height: 4, width: 4, channels: 1), classes: 2,
            layers: [
                .convolution(.init(channels: 4, kernel: 1)), .convolution(.init(channels: 2, kernel: 2)), .globalAveragePool,
                .linear(.init(outputs: 2)),
            ])
        let part = try NetworkPart(model)
        let weight = try #require(part.layout.parameters.first { $0.name == "convolution2.weight" })
        let parameters = AlignedFloats(count: part.layout.arenaCount)
        for index in 0..<weight.count { parameters.base[weight.offset + index] = index == ((1 * 2 + 0) * 4 + 3) * 2 + 1 ? -1 : 0 }
        let source = try #require(FilterPicture.Source(try model.convolutionPaths()[1]))
        let grid = FilterPicture(source, parameters: parameters.base, part.layout).image
        #expect(grid.width == 10 + 2 * 58 && grid.height == 14 + 4 * 58)
        #expect(pixel(grid, cell: (3, 1), side: 2, (1, 0)) == [1, 1, 1])
        #expect(pixel(grid, cell: (3, 0), side: 2, (1, 0)) == [128, 128, 128])
        #expect(pixel(grid, cell: (2, 1), side: 2, (1, 0)) == [128, 128, 128])
    }

    /// Two samples, three channels, each of which has its own scale over both samples.
    @Test func outputs() {
        let inputs = [10, 200].map { PixelImage(height: 4, width: 4, channels: 1, pixels: Array(repeating: $0, count: 16)) }
        var values = [Float](repeating: 0, count: 2 * 4 * 3)
        func set(_ sample: Int, _ row: Int, _ column: Int, _ channel: Int, _ value: Float) {
            values[((sample * 2 + row) * 2 + column) * 3 + channel] = value
        }
        set(0, 0, 1, 0, 1)
        set(1, 1, 0, 0, 4)
        set(1, 1, 1, 1, 0.01)
        let picture = values.withUnsafeBufferPointer {
            OutputPicture(
                inputs: inputs, labels: [3, 9], outputs: $0, shape: TensorShape(height: 2, width: 2, channels: 3))
        }
        #expect(picture.silentChannels == [3])
        let grid = picture.image
        #expect(grid.width == 10 + 4 * 58 && grid.height == 14 + 2 * 58)
        #expect(
            pixel(grid, cell: (0, 0), side: 4, (2, 3)) == [10, 10, 10]
                && pixel(grid, cell: (1, 0), side: 4, (0, 0)) == [200, 200, 200])
        #expect(
            pixel(grid, cell: (0, 1), side: 2, (0, 1)) == [64, 64, 64]
                && pixel(grid, cell: (1, 1), side: 2, (1, 0)) == [255, 255, 255])
        #expect(
            pixel(grid, cell: (1, 2), side: 2, (1, 1)) == [255, 255, 255]
                && pixel(grid, cell: (0, 2), side: 2, (1, 1)) == [0, 0, 0])
        #expect(pixel(grid, cell: (1, 3), side: 2, (0, 0)) == [0, 0, 0])
    }
}
