import CZlib
import Diagnostics

/// Bytes of a file, and the CRC-32 that they had when they were written.
struct Seal {
    let path: String
    /// What the bytes are, for messages: "the training images".
    let content: String
    /// Held by whoever holds the seal.
    let bytes: UnsafeBufferPointer<UInt8>
    let crc32: UInt32

    /// Throws: `.badData` where the bytes are others.
    func check() throws {
        let found = Checksums.crc32(of: UnsafeRawBufferPointer(bytes))
        guard found == crc32 else {
            throw Failure(
                .badData,
                "\(path): \(content) have CRC-32 \(found.eightDigits), expected \(crc32.eightDigits): they were changed after they were "
                    + "written. Copy the file again, or pack the images again")
        }
    }
}
