import Diagnostics
import Foundation

/// The text file that names the classes: one name a line, in the order of the labels; blank lines do not count.
enum ClassNames {
    private static let largestFile = 65_536

    /// The names, or nil where there is no such file.
    ///
    /// Throws: `.badData` where the number of names is not that of the classes, or the file is no text.
    static func read(_ path: String, classes: Int) throws -> [String]? {
        guard access(path, F_OK) == 0 else { return nil }
        let region = try ByteRegion(mapping: path)
        let bytes = UnsafeBufferPointer(start: region.base, count: region.count)
        guard region.count <= largestFile, let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.badData, "\(path): not a text of class names; expected \(classes) lines, or no such file")
        }
        let names = TextLines.split(text)
        guard names.count == classes else {
            throw Failure(
                .badData,
                "\(path): found \(names.count) class names; expected \(classes), one a line. Mend the file, or remove it to use "
                    + "the usual names")
        }
        return names
    }
}
