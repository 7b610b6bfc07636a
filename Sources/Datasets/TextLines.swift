import Diagnostics
import Foundation

/// The lines of a small text file, without blank ones and without spaces at their ends.
enum TextLines {
    private static let largestFile = 1 << 26

    /// Throws: `.badData` where it is larger than 64 MiB, empty, or not UTF-8; `.missing`, `.io`.
    static func read(_ path: String) throws -> [String] {
        let region = try ByteRegion(mapping: path)
        let bytes = UnsafeBufferPointer(start: region.base, count: region.count)
        guard region.count <= largestFile, let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(
                .badData, "\(path): found \(region.count.bytes) that are no text, expected a list in UTF-8; unpack it again")
        }
        return split(text)
    }

    static func split(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
}
