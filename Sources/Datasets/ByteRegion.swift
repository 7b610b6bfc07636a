import Diagnostics
import Foundation

/// Read-only bytes that stay at one address for as long as this object lives: a mapped file, or memory that it owns.
///
/// Sendable because nothing writes to the bytes once the region is made. A mapped file that another program cuts short while it is in
/// use ends this process with SIGBUS: data sets are not to be changed under a running job.
final class ByteRegion: @unchecked Sendable {
    let base: UnsafePointer<UInt8>
    let count: Int
    private let isMapped: Bool

    /// Maps a file for reading; its pages are loaded when they are first touched.
    ///
    /// Throws: `.missing` where there is no such file, `.badData` where it is empty or not a regular file, `.io` otherwise.
    init(mapping path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw Failure(.missing, "\(path): no such file") }
            throw Failure(.io, "\(path): cannot be opened for reading: \(systemText())")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Failure(.io, "\(path): cannot be examined: \(systemText())") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(.badData, "\(path): not a regular file; expected a file of the data set")
        }
        count = Int(status.st_size)
        guard count > 0 else { throw Failure(.badData, "\(path): the file is empty; fetch or copy it again") }
        guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw Failure(.io, "\(path): cannot be mapped into memory: \(systemText())")
        }
        base = UnsafePointer(address.assumingMemoryBound(to: UInt8.self))
        isMapped = true
    }

    /// Takes over memory from `malloc` or `realloc`, of which the first `count` bytes are set.
    init(adopting memory: UnsafeMutablePointer<UInt8>, count: Int) {
        base = UnsafePointer(memory)
        self.count = count
        isMapped = false
    }

    deinit {
        let memory = UnsafeMutableRawPointer(mutating: base)
        if isMapped { munmap(memory, count) } else { free(memory) }
    }

    /// The big-endian 32-bit word at a byte offset, as IDX headers hold them.
    func bigEndianWord(at offset: Int) -> UInt32 {
        require(offset >= 0 && offset + 4 <= count, "a word at byte \(offset) of a region of \(count)")
        return (0..<4).reduce(0) { $0 << 8 | UInt32(base[offset + $1]) }
    }
}
