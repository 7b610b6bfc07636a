import CTurboJPEG

/// JPEG files at the best quality: decoded again, a pixel is within a few units of what it was.
public enum JPEGBytes {
    public enum Kind {
        case grey
        case colour
        /// Inverted inks, as Adobe's programs store them.
        case inks

        var samples: Int { self == .grey ? 1 : self == .colour ? 3 : 4 }
    }

    /// - Parameter pixels: [height][width][1, 3 or 4].
    public static func encode(height: Int, width: Int, kind: Kind, pixels: [UInt8]) -> [UInt8] {
        let format = kind == .grey ? TJPF_GRAY : kind == .colour ? TJPF_RGB : TJPF_CMYK
        let sampling = kind == .grey ? TJSAMP_GRAY : TJSAMP_444
        let encoder = tjInitCompress()
        defer { tjDestroy(encoder) }
        var output: UnsafeMutablePointer<UInt8>?
        var count: UInt = 0
        let code = tjCompress2(
            encoder, pixels, Int32(width), 0, Int32(height), Int32(format.rawValue), &output, &count, Int32(sampling.rawValue), 100,
            TJFLAG_ACCURATEDCT)
        defer { tjFree(output) }
        guard code == 0, pixels.count == height * width * kind.samples, let output else { return [] }
        return Array(UnsafeBufferPointer(start: output, count: Int(count)))
    }

    /// A smooth image, which JPEG keeps well: [height][width][samples].
    public static func ramp(height: Int, width: Int, samples: Int) -> [UInt8] {
        var pixels: [UInt8] = []
        for row in 0..<height {
            for column in 0..<width {
                for sample in 0..<samples { pixels.append(UInt8(20 + 4 * row + 3 * column + 25 * sample)) }
            }
        }
        return pixels
    }
}
