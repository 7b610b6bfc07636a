import Foundation
import Testing

@testable import Datasets
import TestSupport

@Suite struct GzipTests {
    private let text = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }

    private func inflate(_ bytes: [UInt8], limit: Int = 1 << 20) throws -> [UInt8] {
        try withTemporaryDirectory { path in
            try write(bytes, path, "file.gz")
            let region = try GzipReader.inflate(path + "/file.gz", limit: limit)
            return Array(UnsafeBufferPointer(start: region.base, count: region.count))
        }
    }

    @Test func contentsComeBack() throws {
        for length in [0, 1, 4_095, 4_096, 4_097, 300_000] {
            let part = Array(text.prefix(length))
            #expect(try inflate(SmallFiles.gzip(part)) == part)
        }
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        #expect(try inflate(SmallFiles.gzip(zeros)) == zeros)
    }

    @Test func membersAreReadAsOne() throws {
        let whole = try inflate(SmallFiles.gzip(Array(text.prefix(1_000))) + SmallFiles.gzip(Array(text.dropFirst(1_000))))
        #expect(whole == text)
    }

    @Test func truncatedAtAnyPlace() throws {
        let bytes = SmallFiles.gzip(Array(text.prefix(2_000)))
        for length in [2, 9, 10, 11, bytes.count / 2, bytes.count - 8, bytes.count - 1] {
            expectFailure(.badData, mentioning: "file.gz", "ends too early", length.bytes) {
                _ = try inflate(Array(bytes.prefix(length)))
            }
        }
    }

    @Test func damagedSaysWhatZlibSays() throws {
        var bytes = SmallFiles.gzip(Array(text.prefix(2_000)))
        bytes[bytes.count - 6] ^= 1
        expectFailure(.badData, mentioning: "file.gz", "zlib says \"incorrect data check\"") { _ = try inflate(bytes) }
        bytes[10] = 0xff
        expectFailure(.badData, mentioning: "zlib says \"invalid block type\"") { _ = try inflate(bytes) }
        expectFailure(.badData, mentioning: "follow the end") { _ = try inflate(SmallFiles.gzip([1]) + [7, 7]) }
        expectFailure(.badData, mentioning: "not a gzip file") { _ = try inflate([1, 2, 3]) }
    }

    @Test func neverMoreThanTheLimit() throws {
        let bomb = SmallFiles.gzip([UInt8](repeating: 0, count: (1 << 20) + 1))
        expectFailure(.badData, mentioning: "more than 1,048,576 bytes") { _ = try inflate(bomb) }
    }
}
