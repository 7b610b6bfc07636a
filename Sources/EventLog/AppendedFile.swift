import Diagnostics
import Foundation

/// A file that grows by whole entries: what a full disk refuses, or takes in part, is kept in memory and written in front of the next.
public final class AppendedFile {
    public let path: String
    private let descriptor: Int32
    /// The bytes of all whole entries in the file.
    private var length: off_t
    /// Entries that are not in the file yet.
    private var pending: [UInt8] = []

    /// - Parameter descriptor: of the file, open for writing; it is this object's from now on. What follows `length` is cut off.
    public init(path: String, descriptor: Int32, length: Int = 0) {
        (self.path, self.descriptor, self.length) = (path, descriptor, off_t(length))
    }

    deinit { close(descriptor) }

    /// Adds an entry, behind those that could not be written before it. Without trouble, one call of the system.
    ///
    /// - Throws: `Failure.io`; the entry is kept, and the file holds whole entries only, so far as it can still be cut.
    public func append(_ entry: [UInt8]) throws(Failure) {
        pending += entry
        try flush()
    }

    /// Tries once more to write what could not be written.
    ///
    /// - Throws: as `append`.
    public func flush() throws(Failure) {
        var written = 0
        while written < pending.count {
            let count = pending[written...].withUnsafeBytes { bytes in
                pwrite(descriptor, bytes.baseAddress, bytes.count, length + off_t(written))
            }
            if count > 0 {
                written += count
            } else if count == 0 || errno != EINTR {
                let code = count == 0 ? ENOSPC : errno
                _ = ftruncate(descriptor, length)
                throw Failure(.io, "\(path) cannot be written: \(systemText(code))")
            }
        }
        length += off_t(written)
        pending = []
    }
}
