import Testing

@testable import Datasets
import TestSupport

@Suite struct VerificationTests {
    @Test func countsMomentsAndChecksums() throws {
        try withTemporaryDirectory { path in
            // Three images whose planes are constant: red 0, 255, 255; green 51; blue 0, 0, 255.
            func image(_ label: UInt8, _ red: UInt8, _ green: UInt8, _ blue: UInt8) -> [UInt8] {
                [label] + [red, green, blue].flatMap { [UInt8](repeating: $0, count: 1_024) }
            }
            try write(image(2, 0, 51, 0) + image(2, 255, 51, 0), path, "data_batch_1.bin")
            try write(image(7, 255, 51, 255), path, "data_batch_2.bin")
            try write(image(0, 1, 2, 3), path, "test_batch.bin")
            let report = try Dataset.open(directory: path).verify()
            #expect(report.training.count == 3)
            #expect(report.training.perClass == [0, 0, 2, 0, 0, 0, 0, 1, 0, 0])
            let deviation = (2.0 / 9).squareRoot()
            let expected = [2.0 / 3, 0.2, 1.0 / 3, deviation, 0, deviation]
            for (found, expected) in zip(report.training.mean + report.training.deviation, expected) {
                #expect(abs(found - expected) < 1e-12)
            }
            #expect(report.training.files.map(\.bytes) == [6_146, 3_073])
            #expect(report.test.files.map(\.path) == [path + "/test_batch.bin"])
        }
    }

    @Test func knownChecksums() throws {
        try withTemporaryDirectory { path in
            try write(Array("123456789".utf8), path, "file")
            #expect(try Checksums.crc32(ofFile: path + "/file") == 0xcbf4_3926)
            #expect(try Checksums.md5(ofFile: path + "/file") == "25f9e794323b453885f5181f1b624d0b")
            try write([], path, "empty")
            #expect(try Checksums.md5(ofFile: path + "/empty") == "d41d8cd98f00b204e9800998ecf8427e")
        }
    }

    @Test func checksumOfAGzippedFileIsOfItsStoredBytes() throws {
        try withTemporaryDirectory { path in
            try SmallFiles.writeIDX(path, gzipped: true)
            let files = try Dataset.open(directory: path).verify().test.files
            #expect(files.count == 2)
            #expect(files[0].bytes == SmallFiles.gzip(SmallFiles.idxImages(2)).count)
            #expect(files[0].crc32 == (try Checksums.crc32(ofFile: path + "/t10k-images-idx3-ubyte.gz")))
        }
    }
}
