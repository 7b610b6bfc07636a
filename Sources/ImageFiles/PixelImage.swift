import Diagnostics

/// An 8-bit image: [height][width][channels], top to bottom, red, green, blue or grey alone.
public struct PixelImage: Equatable, Sendable {
    public let height: Int
    public let width: Int
    /// 3 or 1.
    public let channels: Int
    public let pixels: [UInt8]

    /// Precondition: sides of at least 1, 1 or 3 channels, and as many pixels as they say.
    public init(height: Int, width: Int, channels: Int, pixels: [UInt8]) {
        require(
            height > 0 && width > 0 && (channels == 1 || channels == 3) && pixels.count == height * width * channels,
            "\(pixels.count) bytes for an image of \(height)×\(width)×\(channels)")
        self.height = height
        self.width = width
        self.channels = channels
        self.pixels = pixels
    }

    /// The image in grey or in colour: luma 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), rounded; or grey in all three channels.
    ///
    /// Precondition: `channels` is 1 or 3.
    public func converted(toChannels channels: Int) -> PixelImage {
        if channels == self.channels { return self }
        var converted: [UInt8] = []
        converted.reserveCapacity(height * width * channels)
        if channels == 3 {
            for grey in pixels { converted += [grey, grey, grey] }
        } else {
            for place in stride(from: 0, to: pixels.count, by: 3) {
                let (red, green, blue) = (Int(pixels[place]), Int(pixels[place + 1]), Int(pixels[place + 2]))
                converted.append(UInt8((299 * red + 587 * green + 114 * blue + 500) / 1_000))
            }
        }
        return PixelImage(height: height, width: width, channels: channels, pixels: converted)
    }

    /// The square in the middle whose side is the shorter one; where the rest is odd, one pixel nearer to the top or left.
    public func centreSquare() -> PixelImage {
        if height == width { return self }
        let side = min(height, width)
        let (top, left) = ((height - side) / 2, (width - side) / 2)
        var square: [UInt8] = []
        square.reserveCapacity(side * side * channels)
        for row in top..<top + side {
            let first = (row * width + left) * channels
            square += pixels[first..<first + side * channels]
        }
        return PixelImage(height: side, width: side, channels: channels, pixels: square)
    }

    /// The pixels as planes, [channels][height][width].
    public func planes() -> [UInt8] {
        if channels == 1 { return pixels }
        let plane = height * width
        return [UInt8](unsafeUninitializedCapacity: pixels.count) { output, count in
            for position in 0..<plane {
                for channel in 0..<channels { output[channel * plane + position] = pixels[position * channels + channel] }
            }
            count = pixels.count
        }
    }
}
