import Foundation
import TestSupport
import Testing

@testable import Datasets

/// The file of packed images: its bytes, and every way in which they can be wrong.
@Suite struct PackedFileTests {
    /// Calls `body` with a directory of a set of 3 and 2 images of 4×4×3, and the bytes of its file.
    private func withPacked(_ body: (_ directory: String, _ bytes: [UInt8]) throws -> Void) throws {
        try withTemporaryDirectory { path in
            try ImageFolders.writeSplit(path + "/photos")
            _ = try ImagePacking(images: path + "/photos").write(to: path + "/out")
            try body(path + "/out", try contents(path + "/out", PackedFile.fileName))
        }
    }

    /// Puts a number at an offset of the header, and seals the header again.
    private func changed(_ bytes: [UInt8], at offset: Int, _ value: some FixedWidthInteger) -> [UInt8] {
        var bytes = bytes
        withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
        let checksum = bytes.prefix(124).withUnsafeBytes { Checksums.crc32(of: $0) }
        withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(124..<128, with: $0) }
        return bytes
    }

    private func expectRefusal(
        _ directory: String, _ bytes: [UInt8], _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try write(bytes, directory, PackedFile.fileName)
        for part in parts + ["images.lockstep: "] {
            expectFailure(.badData, mentioning: part, sourceLocation: sourceLocation) { _ = try Dataset.open(directory: directory) }
        }
    }

    /// Byte for byte, as the format is described.
    @Test func format() throws {
        try withPacked { _, bytes in
            func number(_ offset: Int, bytes count: Int) -> UInt64 {
                var number: UInt64 = 0
                for byte in bytes[offset..<offset + count].reversed() { number = number << 8 | UInt64(byte) }
                return number
            }
            func word(_ offset: Int) -> UInt64 { number(offset, bytes: 4) }
            func double(_ offset: Int) -> Double { Double(bitPattern: number(offset, bytes: 8)) }
            #expect(bytes.prefix(8).elementsEqual(Array("LSIMAGES".utf8)))
            #expect(stride(from: 8, to: 32, by: 4).map(word) == [1, 4, 4, 3, 2, 15])
            #expect([32, 36, 40, 44].map(word) == [3, 0, 2, 0])
            // Reds are 10, 20 and 30; greens 1 and blues 2.
            let moments: [Double] = [20, 1, 2, 8.16496580927726, 0, 0]
            for (place, expected) in moments.enumerated() { #expect(abs(255 * double(48 + 8 * place) - expected) < 1e-12) }
            #expect(bytes[116..<124].allSatisfy { $0 == 0 })
            let images = 128..<128 + 5 * 48
            #expect(bytes[images.lowerBound] == 10 && bytes[images.lowerBound + 16] == 1 && bytes[images.lowerBound + 4 * 48] == 50)
            #expect(Array(bytes[images.upperBound..<images.upperBound + 10]) == [0, 0, 0, 0, 1, 0, 0, 0, 1, 0])
            #expect(bytes[(images.upperBound + 10)...].elementsEqual("photos\ncat\ndog\n".utf8))
        }
    }

    @Test func wrongLengths() throws {
        try withPacked { directory, bytes in
            try expectRefusal(directory, [], "the file is empty")
            try expectRefusal(directory, Array(bytes.prefix(127)), "found 127 bytes, fewer than a header's 128")
            try expectRefusal(directory, Array(bytes.dropLast()), "found 392 bytes, expected 393", "is cut short")
            try expectRefusal(directory, bytes + [0, 0], "found 395 bytes, expected 393", "2 bytes too many")
        }
    }

    @Test func wrongHeaders() throws {
        try withPacked { directory, bytes in
            var other = bytes
            other[0] = 0x6C
            try expectRefusal(directory, other, "does not begin with LSIMAGES", "pack the images again")
            try expectRefusal(directory, changed(bytes, at: 8, UInt32(2)), "found version 2, expected 1")
            for offset in [12, 40, 50, 100, 120, 127] {
                var damaged = bytes
                damaged[offset] ^= 4
                try expectRefusal(directory, damaged, "the header has CRC-32", "damaged")
            }
            for (offset, value) in [(12, 0), (16, 4_097), (20, 2), (24, 1), (24, 65_536), (28, Int(UInt32.max)), (32, 0), (40, 0)] {
                try expectRefusal(
                    directory, changed(bytes, at: offset, UInt32(value)), "the header tells of", "expected at least one")
            }
            try expectRefusal(directory, changed(bytes, at: 32, UInt64.max), "the header tells of")
            try expectRefusal(directory, changed(bytes, at: 32, UInt64(1) << 30), "found 393 bytes, expected ", "is cut short")
            for value in [Double.nan, -0.1, 1.5, .infinity] {
                try expectRefusal(directory, changed(bytes, at: 56, value.bitPattern), "tells of means", "expected 0…1")
                try expectRefusal(directory, changed(bytes, at: 72, value.bitPattern), "tells of means", "expected 0…1")
            }
        }
    }

    @Test func wrongLabelsAndNames() throws {
        try withPacked { directory, bytes in
            let labels = 128 + 5 * 48
            var damaged = bytes
            damaged[labels] = 1
            try expectRefusal(directory, damaged, "the training labels have CRC-32")
            damaged = bytes
            damaged[labels + 8] ^= 1
            try expectRefusal(directory, damaged, "the test labels have CRC-32", "expected")
            // A label beyond the classes whose checksum is right: 256 in two bytes.
            damaged = bytes
            damaged[labels + 1] = 1
            let checksum = damaged[labels..<labels + 6].withUnsafeBytes { Checksums.crc32(of: $0) }
            try expectRefusal(directory, changed(damaged, at: 104, checksum), "record 0 ", "label 256", "expected 0…1")

            damaged = bytes
            damaged[bytes.count - 2] = 0x78
            try expectRefusal(directory, damaged, "the names have CRC-32")
            for (text, part) in [
                ("photos\ncat dog\n", "found 2 names"), ("photos\n\ncatdog\n", "expected one"), ("photos\ncat\ndogs", "names"),
            ] {
                let named = bytes.dropLast(15) + Array(text.utf8)
                let checksum = Array(text.utf8).withUnsafeBytes { Checksums.crc32(of: $0) }
                try expectRefusal(directory, changed(Array(named), at: 112, checksum), part)
            }
            damaged = bytes
            damaged[bytes.count - 2] = 0xFF
            let names = damaged.suffix(15).withUnsafeBytes { Checksums.crc32(of: $0) }
            try expectRefusal(directory, changed(damaged, at: 112, names), "not UTF-8")
        }
    }

    /// A flipped bit of an image is found by `verify`, in either split.
    @Test func wrongPixels() throws {
        try withPacked { directory, bytes in
            for (image, split) in [(2, "training"), (3, "test")] {
                var damaged = bytes
                damaged[128 + image * 48 + 7] ^= 16
                try write(damaged, directory, PackedFile.fileName)
                let data = try Dataset.open(directory: directory)
                expectFailure(.badData, mentioning: "images.lockstep: the \(split) images have CRC-32", "pack the images again") {
                    _ = try data.verify()
                }
            }
        }
    }

    @Test func headerIsReadAsItIsWritten() throws {
        try withTemporaryDirectory { path in
            var header = PackedHeader(height: 4_096, width: 1, channels: 3, classes: 65_535)
            (header.nameBytes, header.training, header.test) = (7, 2, 3)
            (header.mean, header.deviation) = ([0.25, 0.5, 1], [0, 0.125, 0.5])
            header.checksums = PackedHeader.Checksums(
                trainingImages: 1, testImages: .max, trainingLabels: 3, testLabels: 4, names: 5)
            try write(header.bytes + [UInt8](repeating: 0, count: header.names.upperBound - 128), path, "file")
            #expect(try PackedHeader(readingFrom: ByteRegion(mapping: path + "/file"), path: "file") == header)
        }
    }
}
