import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct BlockWriterTests {
    /// Writes `count` bytes, in pieces of odd lengths.
    private func write(_ bytes: [UInt8], pieces: Int, to path: String) throws {
        try DurableReplacement(path: path).write { (file: borrowing OpenFile) throws(Failure) in
            var writer = try BlockWriter(file, total: bytes.count)
            for start in stride(from: 0, to: bytes.count, by: pieces) {
                try writer.append(Array(bytes[start..<min(start + pieces, bytes.count)]), to: file)
            }
            try writer.finish(file)
        }
    }

    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) } }

    /// On a disk, and in memory, where the page cache is all there is: every length around a block's and a page's end.
    @Test(arguments: [NSTemporaryDirectory(), "/dev/shm"]) func everyByteArrives(place: String) throws {
        let block = 1 << 20
        let path = "\(place)/block-writer-\(UUID().uuidString)"
        defer { unlink(path) }
        for count in [0, 1, 4_095, 4_096, 4_097, block - 1, block, block + 1, 2 * block + 4_096, 3 * block - 511] {
            for pieces in [65_537, 3 * block] {
                try write(bytes(count), pieces: pieces, to: path)
                #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(bytes(count)), "\(count) bytes")
            }
        }
    }

    /// A piece that no disk takes as it is goes through the page cache, and so do those behind it.
    @Test func anOddPlaceIsNoFault() throws {
        let path = "\(NSTemporaryDirectory())/block-writer-\(UUID().uuidString)"
        defer { unlink(path) }
        try Data().write(to: URL(fileURLWithPath: path))
        let file = try OpenFile(writing: path)
        // Where the file system grants it; all of them are to have the bytes.
        file.passPageCache(true)
        for range in [0..<5, 5..<9_000] {
            try bytes(9_000)[range].withUnsafeBytes { try file.write($0, of: 9_000, from: range.lowerBound) }
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(bytes(9_000)))
    }

    /// A disk of 2 MiB, which is full behind the first blocks.
    @Test func aFullDiskIsToldAsSuch() throws {
        try withSmallDisk(kibibytes: 2_048) { directory in
            let failure = #expect(throws: Failure.self) { try write(bytes(3 << 20), pieces: 1 << 20, to: directory + "/file") }
            #expect(failure?.description.contains("after 2097152 of 3145728 bytes: No space left on device") == true)
            let left = try list(directory)
            #expect(left == [])
        }
    }
}
