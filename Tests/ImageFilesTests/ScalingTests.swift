import Testing

@testable import ImageFiles

@Suite struct ScalingTests {
    private func row(_ pixels: [UInt8]) -> PixelImage { PixelImage(height: 1, width: pixels.count, channels: 1, pixels: pixels) }

    @Test func sameSizeIsUntouched() {
        let image = PixelImage(height: 2, width: 3, channels: 3, pixels: (0..<18).map { UInt8($0 * 13) })
        #expect(image.scaled(toHeight: 2, width: 3) == image && image.converted(toChannels: 3) == image)
        let square = PixelImage(height: 1, width: 1, channels: 1, pixels: [7])
        #expect(square.centreSquare() == square)
    }

    /// To a half: an inner pixel is (1, 3, 3, 1)/8 of those around its middle; the first is (3, 3, 1)/7.
    @Test func halvingWeights() {
        let filter = TriangleFilter(from: 8, to: 4)
        #expect(filter.taps[1].first == 1 && filter.taps[1].weights == [0.125, 0.375, 0.375, 0.125])
        #expect(filter.taps[0].first == 0 && filter.taps[0].weights == [Float(3.0 / 7), Float(3.0 / 7), Float(1.0 / 7)])
        let halved = row([0, 0, 0, 80, 80, 0, 0, 0]).scaled(toHeight: 1, width: 4)
        // 80 · (3 + 1)/8, from either side.
        #expect(halved.pixels == [0, 40, 40, 0])
        #expect(row([70, 0, 0, 0, 0, 0, 0, 0]).scaled(toHeight: 1, width: 4).pixels == [30, 0, 0, 0])
        #expect(row([0, 80, 0, 0, 0, 0, 0, 0]).scaled(toHeight: 1, width: 4).pixels == [34, 10, 0, 0])
    }

    /// Enlarged to twice the size: ¾ and ¼ of the nearest two, the edges as they are.
    @Test func doubling() {
        #expect(row([0, 100, 200]).scaled(toHeight: 1, width: 6).pixels == [0, 25, 75, 125, 175, 200])
        let column = PixelImage(height: 3, width: 1, channels: 1, pixels: [0, 100, 200])
        #expect(column.scaled(toHeight: 6, width: 1).pixels == [0, 25, 75, 125, 175, 200])
    }

    /// Weights are positive, reach no further than they say, and sum to one; a mean is kept where the sizes divide.
    @Test func weightsOfManySizes() {
        for source in [1, 2, 3, 7, 8, 31, 64, 500] {
            for target in [1, 2, 3, 8, 32, 63, 64, 65, 700] {
                for taps in TriangleFilter(from: source, to: target).taps {
                    #expect(taps.first >= 0 && taps.first + taps.weights.count <= source && taps.weights.allSatisfy { $0 >= 0 })
                    #expect(abs(taps.weights.reduce(0, +) - 1) < 1e-5)
                }
            }
        }
    }

    /// White stays white, channels stay apart, and the separable result is that of both axes' weights multiplied.
    @Test func twoAxesAndChannels() {
        let (height, width) = (11, 23)
        var pixels: [UInt8] = []
        for pixel in 0..<height * width { pixels += [255, 0, UInt8(truncatingIfNeeded: pixel * 111)] }
        let scaled = PixelImage(height: height, width: width, channels: 3, pixels: pixels).scaled(toHeight: 5, width: 9)
        let (down, across) = (TriangleFilter(from: height, to: 5), TriangleFilter(from: width, to: 9))
        for row in 0..<5 {
            for column in 0..<9 {
                let place = (row * 9 + column) * 3
                #expect(scaled.pixels[place] == 255 && scaled.pixels[place + 1] == 0)
                var sum = 0.0
                for (i, a) in down.taps[row].weights.enumerated() {
                    for (j, b) in across.taps[column].weights.enumerated() {
                        let source = ((down.taps[row].first + i) * width + across.taps[column].first + j) * 3 + 2
                        sum += Double(a) * Double(b) * Double(pixels[source])
                    }
                }
                #expect(abs(Double(scaled.pixels[place + 2]) - sum) < 0.501)
            }
        }
    }

    @Test func centreSquares() {
        let wide = PixelImage(height: 2, width: 5, channels: 1, pixels: (0..<10).map { UInt8($0) })
        #expect(wide.centreSquare() == PixelImage(height: 2, width: 2, channels: 1, pixels: [1, 2, 6, 7]))
        let tall = PixelImage(height: 4, width: 2, channels: 3, pixels: (0..<24).map { UInt8($0) })
        #expect(tall.centreSquare() == PixelImage(height: 2, width: 2, channels: 3, pixels: (6..<18).map { UInt8($0) }))
    }

    @Test func greyAndPlanes() {
        let image = PixelImage(height: 1, width: 4, channels: 3, pixels: [255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 10, 10])
        #expect(image.converted(toChannels: 1).pixels == [76, 150, 29, 10])
        #expect(image.planes() == [255, 0, 0, 10, 0, 255, 0, 10, 0, 0, 255, 10])
        let grey = PixelImage(height: 1, width: 2, channels: 1, pixels: [3, 4])
        #expect(grey.converted(toChannels: 3).pixels == [3, 3, 3, 4, 4, 4] && grey.planes() == [3, 4])
    }
}
