import CZlib

/// A PNG file put together by hand, so that every kind of it can be made, sound or not.
public struct PNGBytes {
    /// How a pixel is stored: the number that stands in the header.
    public enum Kind: UInt8 {
        case grey = 0
        case colour = 2
        case palette = 3
        case greyAlpha = 4
        case colourAlpha = 6
    }

    public var height: Int
    public var width: Int
    public var kind: Kind
    /// Bits of a sample.
    public var depth = 8
    /// The rows, one after the other, each of whole bytes.
    public var rows: [UInt8]
    /// Three bytes for each entry.
    public var palette: [UInt8] = []
    public var transparency: [UInt8] = []

    public init(height: Int, width: Int, kind: Kind, rows: [UInt8]) {
        self.height = height
        self.width = width
        self.kind = kind
        self.rows = rows
    }

    /// The file.
    public var bytes: [UInt8] {
        let header = word(width) + word(height) + [UInt8(depth), kind.rawValue, 0, 0, 0]
        let rowBytes = rows.count / height
        // Each row begins with the number of its filter: none.
        let filtered = (0..<height).flatMap { [0] + rows[$0 * rowBytes..<($0 + 1) * rowBytes] }
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
        if !palette.isEmpty { file += chunk("PLTE", palette) }
        if !transparency.isEmpty { file += chunk("tRNS", transparency) }
        return file + chunk("IDAT", deflated(filtered)) + chunk("IEND", [])
    }

    private func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let sealed = Array(name.utf8) + content
        return word(content.count) + sealed + word(Int(crc32(0, sealed, UInt32(sealed.count))))
    }

    private func word(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }

    private func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var count = compressBound(UInt(bytes.count))
        var output = [UInt8](repeating: 0, count: Int(count))
        compress(&output, &count, bytes, UInt(bytes.count))
        return Array(output.prefix(Int(count)))
    }
}
