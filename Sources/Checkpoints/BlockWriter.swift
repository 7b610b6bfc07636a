import Diagnostics
import Glibc

/// Writes a new file from its beginning to its end, in blocks of memory that the disk can take as they are.
///
/// On a disk's own file system blocks go past the page cache: a checkpoint is not read again soon, and copying it into memory that the system
/// has to find first takes time from a core that has steps to compute, 0.02 to 0.2 s for 74 MB on ext4. A network file system would wait for
/// its server with each block.
struct BlockWriter: ~Copyable {
    private let block: UnsafeMutableRawBufferPointer
    /// Of the block, what waits to be written; of the file, what was.
    private var filled = 0
    private var written = 0
    private let total: Int

    /// What addresses, places and lengths are multiples of; disks ask for 512 or 4,096.
    private static let alignment = 4_096
    private static let blockByteCount = 1 << 20

    /// - Parameter total: bytes of the whole file, which messages tell.
    init(_ file: borrowing OpenFile, total: Int) throws(Failure) {
        if try file.isOnLocalDisk() { file.passPageCache(true) }
        self.total = total
        block = .allocate(byteCount: Self.blockByteCount, alignment: Self.alignment)
    }

    deinit { block.deallocate() }

    mutating func append(_ bytes: UnsafeRawBufferPointer, to file: borrowing OpenFile) throws(Failure) {
        var rest = bytes
        while !rest.isEmpty {
            let piece = rest.prefix(block.count - filled)
            UnsafeMutableRawBufferPointer(rebasing: block[filled...]).copyMemory(from: UnsafeRawBufferPointer(rebasing: piece))
            filled += piece.count
            rest = UnsafeRawBufferPointer(rebasing: rest[piece.count...])
            if filled == block.count { try flush(to: file) }
        }
    }

    mutating func append(_ bytes: [UInt8], to file: borrowing OpenFile) throws(Failure) {
        // A typed throw does not pass through `withUnsafeBytes` as it stands; a result does.
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(Failure) in try append(buffer, to: file) }
        }.get()
    }

    /// Writes what is left, of which the end is no whole block.
    mutating func finish(_ file: borrowing OpenFile) throws(Failure) {
        file.passPageCache(false)
        try flush(to: file)
    }

    private mutating func flush(to file: borrowing OpenFile) throws(Failure) {
        try file.write(UnsafeRawBufferPointer(rebasing: block[..<filled]), of: total, from: written)
        written += filled
        filled = 0
    }
}
