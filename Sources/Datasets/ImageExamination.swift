import Diagnostics
import Foundation
import ImageFiles

/// What a file in a class folder is.
enum ImageExamination: Sendable {
    case image(ImageFile.Description)
    /// Begun as an image, or named as one, but none that can be read; and why.
    case damaged(String)
    /// Neither begun as an image nor named as one.
    case unrelated

    /// Files so named are meant as images, be it of a kind that is not read.
    private static let extensions: Set = ["jpeg", "jpg", "jpe", "jfif", "png", "gif", "bmp", "webp", "tif", "tiff", "ppm", "pgm"]
    private static let otherKind = "neither a JPEG nor a PNG file"

    /// Reads the header of a file.
    init(of path: String) {
        let isNamedAsImage = Self.extensions.contains(URL(fileURLWithPath: path).pathExtension.lowercased())
        do {
            if let description = try Self.withImage(path, { try $0.describe($1) }) {
                self = .image(description)
            } else {
                self = isNamedAsImage ? .damaged(Self.otherKind) : .unrelated
            }
        } catch let error as UnreadableImage {
            self = .damaged(error.reason)
        } catch {
            self = isNamedAsImage ? .damaged(Self.reason(error, path)) : .unrelated
        }
    }

    /// Reads the whole of a file.
    static func decode(_ path: String) -> Result<PixelImage, LeftOut> {
        do {
            let image = try withImage(path) { try $0.decode($1) }
            return image.map { .success($0) } ?? .failure(LeftOut(path: path, reason: otherKind))
        } catch {
            return .failure(LeftOut(path: path, reason: reason(error, path)))
        }
    }

    /// Nil where the file is neither JPEG nor PNG.
    private static func withImage<Result>(
        _ path: String, _ body: (ImageFile, UnsafeBufferPointer<UInt8>) throws -> Result
    ) throws -> Result? {
        let region = try ByteRegion(mapping: path)
        return try withExtendedLifetime(region) {
            let bytes = UnsafeBufferPointer(start: region.base, count: region.count)
            return try ImageFile(bytes).map { try body($0, bytes) }
        }
    }

    private static func reason(_ error: any Error, _ path: String) -> String {
        if let unreadable = error as? UnreadableImage { return unreadable.reason }
        let text = Failure(reporting: error).description
        return text.hasPrefix(path + ": ") ? String(text.dropFirst(path.count + 2)) : text
    }
}
