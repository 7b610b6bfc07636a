import CZlib
import Crypto
import Diagnostics
import Foundation

/// Checksums of whole files, read once from front to back in pieces of a mebibyte.
enum Checksums {
    /// CRC-32 as in gzip, zip and PNG.
    static func crc32(ofFile path: String) throws -> UInt32 {
        var value: UInt32 = 0
        try forEachPiece(of: path) { value = crc32(of: UnsafeRawBufferPointer($0), after: value) }
        return value
    }

    /// CRC-32 of some bytes, or of those before and these.
    static func crc32(of bytes: UnsafeRawBufferPointer, after before: UInt32 = 0) -> UInt32 {
        // zlib takes a null pointer for "give me the start value".
        guard let address = bytes.baseAddress else { return before }
        return UInt32(truncatingIfNeeded: crc32_z(UInt(before), address.assumingMemoryBound(to: UInt8.self), bytes.count))
    }

    static func crc32(of bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { crc32(of: $0) } }

    /// MD5 in lower-case hexadecimal. Not proof against an adversary; it is what the data sets' authors publish.
    static func md5(ofFile path: String) throws -> String {
        var hash = Insecure.MD5()
        try forEachPiece(of: path) { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        return hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    private static func forEachPiece(of path: String, _ body: (UnsafeMutableRawBufferPointer) -> Void) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(.io, "\(path): cannot be opened for reading: \(systemText())") }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(.io, "\(path): cannot be read: \(systemText())") }
            if count == 0 { return }
            body(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
