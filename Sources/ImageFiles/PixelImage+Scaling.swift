import Diagnostics

/// The weights of one axis of antialiased bilinear interpolation.
///
/// Pixel i of `target` pixels looks at the place (i + ½)·source/target of the old axis, through a triangle that reaches as far as one new
/// pixel, and at least one old one, to either side: so that reducing takes every old pixel into account, and enlarging is plain bilinear
/// interpolation. Weights are normalised, at the edges too.
struct TriangleFilter {
    /// The old pixels that a new one is made of.
    struct Taps {
        let first: Int
        let weights: [Float]
    }

    let taps: [Taps]

    /// Precondition: both are at least 1.
    init(from source: Int, to target: Int) {
        require(source > 0 && target > 0, "a filter from \(source) to \(target) pixels")
        let scale = Double(source) / Double(target)
        let reach = max(scale, 1)
        taps = (0..<target).map { index in
            let centre = (Double(index) + 0.5) * scale
            let first = max(0, Int((centre - reach).rounded(.down)))
            let last = min(source, Int((centre + reach).rounded(.up)))
            let weights = (first..<last).map { max(0, 1 - abs(Double($0) + 0.5 - centre) / reach) }
            let sum = weights.reduce(0, +)
            return Taps(first: first, weights: weights.map { Float($0 / sum) })
        }
    }
}

extension PixelImage {
    /// The image at another size, by antialiased bilinear interpolation, rows first; the very same where the size is the same.
    ///
    /// The proportions of the sides are not kept: crop before. About 4 · (H·W' + H'·W') · C multiplications and additions, or
    /// W/W' and H/H' times as many where it is reduced.
    public func scaled(toHeight newHeight: Int, width newWidth: Int) -> PixelImage {
        if newHeight == height && newWidth == width { return self }
        let across = TriangleFilter(from: width, to: newWidth)
        let down = TriangleFilter(from: height, to: newHeight)
        let rowCount = newWidth * channels
        let rows = [Float](unsafeUninitializedCapacity: height * rowCount) { output, count in
            pixels.withUnsafeBufferPointer { input in
                for row in 0..<height {
                    for (column, taps) in across.taps.enumerated() {
                        for channel in 0..<channels {
                            var sum: Float = 0
                            var place = (row * width + taps.first) * channels + channel
                            for weight in taps.weights {
                                sum += weight * Float(input[place])
                                place += channels
                            }
                            output[row * rowCount + column * channels + channel] = sum
                        }
                    }
                }
            }
            count = height * rowCount
        }
        let scaled = [UInt8](unsafeUninitializedCapacity: newHeight * rowCount) { output, count in
            rows.withUnsafeBufferPointer { input in
                for (row, taps) in down.taps.enumerated() {
                    for position in 0..<rowCount {
                        var sum: Float = 0
                        var place = taps.first * rowCount + position
                        for weight in taps.weights {
                            sum += weight * input[place]
                            place += rowCount
                        }
                        output[row * rowCount + position] = UInt8(min(255, max(0, sum.rounded())))
                    }
                }
            }
            count = newHeight * rowCount
        }
        return PixelImage(height: newHeight, width: newWidth, channels: channels, pixels: scaled)
    }

    /// The image with each pixel as a square of `factor` × `factor`.
    ///
    /// Precondition: `factor` is at least 1.
    public func enlarged(by factor: Int) -> PixelImage {
        require(factor > 0, "an image enlarged by \(factor)")
        if factor == 1 { return self }
        var enlarged: [UInt8] = []
        enlarged.reserveCapacity(pixels.count * factor * factor)
        for row in 0..<height {
            var line: [UInt8] = []
            for column in 0..<width {
                let first = (row * width + column) * channels
                for _ in 0..<factor { line += pixels[first..<first + channels] }
            }
            for _ in 0..<factor { enlarged += line }
        }
        return PixelImage(height: height * factor, width: width * factor, channels: channels, pixels: enlarged)
    }
}
