import Diagnostics
import Foundation

/// A file that is made anew, written from front to back and on disk when `finish` returns.
///
/// An existing file or link of that name is an error, so that nothing outside the directory in hand can be written to.
final class NewFile {
    let path: String
    private var descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Failure(.io, "\(path): cannot be made: \(systemText())") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var left = bytes
        while let address = left.baseAddress, !left.isEmpty {
            let count = Foundation.write(descriptor, address, left.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(.io, "\(path): cannot be written: \(systemText())") }
            left = UnsafeRawBufferPointer(rebasing: left.dropFirst(count))
        }
    }

    /// Replaces bytes that were written before, from `offset` on: a header that is only known at the end.
    func rewrite(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(.io, "\(path): cannot be written: \(systemText())") }
            done += count
        }
    }

    /// Flushes to disk and closes. To be called once, after the last `write`.
    func finish() throws {
        guard fsync(descriptor) == 0 else { throw Failure(.io, "\(path): cannot be written to disk: \(systemText())") }
        close(descriptor)
        descriptor = -1
    }

    /// A whole file at once.
    static func write(_ path: String, text: String) throws {
        let file = try NewFile(path)
        var text = text
        try text.withUTF8 { try file.write(UnsafeRawBufferPointer($0)) }
        try file.finish()
    }
}
