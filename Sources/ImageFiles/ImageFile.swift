/// The bytes of an image file, told by their beginning, whatever the file is called.
public enum ImageFile: Sendable {
    case jpeg
    case png

    /// What the header of a file says.
    public struct Description: Equatable, Sendable {
        public let height: Int
        public let width: Int
        /// Whether it is stored in colour, be it that all of its pixels are grey.
        public let isColour: Bool
    }

    /// A larger image is a damaged header, or is meant to fill the memory.
    static let mostPixels = 100_000_000
    /// So many pixels take at least one byte of the file: a PNG file has up to eight in a byte, which deflate makes 1,032 times smaller; a
    /// JPEG file, where it codes 64 pixels in a bit and brightness at a sixteenth of the size, comes to the same but for 1 in 100.
    static let mostPixelsOfAByte = 8 * 1_032

    /// The kind of a file that begins with these bytes, or nil where it is neither.
    public init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else {
            return nil
        }
    }

    /// Reads the header alone.
    public func describe(_ bytes: UnsafeBufferPointer<UInt8>) throws(UnreadableImage) -> Description {
        let description =
            switch self {
            case .jpeg: try JPEGFile.describe(bytes)
            case .png: try PNGFile.describe(bytes)
            }
        let size = "\(description.height)×\(description.width)"
        let pixels = description.height * description.width
        guard pixels <= Self.mostPixels else {
            throw UnreadableImage(reason: "found \(size) pixels, expected at most \(Self.mostPixels) in all")
        }
        guard pixels <= Self.mostPixelsOfAByte * bytes.count else {
            throw UnreadableImage(
                reason: "found \(size) pixels in \(bytes.count) bytes: the file is cut short, or its header is damaged")
        }
        return description
    }

    /// Decodes the whole image: grey to one channel, all else to three. What is transparent is laid over black.
    ///
    /// A truncated or otherwise damaged file is an error, be it that a part of it could be shown. The orientation that a camera noted is
    /// not applied, as usual in training.
    public func decode(_ bytes: UnsafeBufferPointer<UInt8>) throws(UnreadableImage) -> PixelImage {
        let description = try describe(bytes)
        return switch self {
        case .jpeg: try JPEGFile.decode(bytes, as: description)
        case .png: try PNGFile.decode(bytes)
        }
    }
}
