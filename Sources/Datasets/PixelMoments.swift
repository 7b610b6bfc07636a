/// Mean and deviation of each channel over any number of images, from exact integer sums: the same whatever the order of images.
struct PixelMoments {
    // With at most 2³² pixels a channel, sums of squares stay below 2⁴⁸.
    private var sums: [Int]
    private var squares: [Int]
    /// Pixels of each channel so far.
    private var count = 0

    init(channels: Int) {
        sums = [Int](repeating: 0, count: channels)
        squares = [Int](repeating: 0, count: channels)
    }

    /// Adds one image, [channels][plane].
    mutating func add(_ image: UnsafePointer<UInt8>, plane: Int) {
        count += plane
        for channel in sums.indices {
            let pixels = image + channel * plane
            var sum = 0
            var square = 0
            for position in 0..<plane {
                let value = Int(pixels[position])
                sum &+= value
                square &+= value &* value
            }
            sums[channel] += sum
            squares[channel] += square
        }
    }

    /// Per channel, in units of 0…1. Precondition: at least one image was added.
    var mean: [Double] { sums.map { Double($0) / Double(count) / 255 } }

    /// The population's, per channel, in units of 0…1. Precondition: as of `mean`.
    var deviation: [Double] {
        zip(sums, squares).map { sum, square in
            let mean = Double(sum) / Double(count)
            return max(0, Double(square) / Double(count) - mean * mean).squareRoot() / 255
        }
    }
}
