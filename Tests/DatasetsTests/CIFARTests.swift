import Foundation
import Testing

@testable import Datasets
import TestSupport

@Suite struct CIFARTests {
    @Test func readsBatchesAsOneSplitInNumericOrder() throws {
        try withTemporaryDirectory { path in
            try SmallFiles.writeCIFAR10(path)
            let data = try Dataset.open(directory: path)
            #expect(data.name == "cifar10")
            #expect(data.directory == path)
            #expect(data.training.count == 5 && data.test.count == 1)
            #expect(data.training.height == 32 && data.training.width == 32 && data.training.channels == 3)
            #expect(data.training.classes == 10 && data.training.imageBytes == 3_072)
            #expect(try (0..<5).map { try data.training.label(at: $0) } == [0, 1, 2, 3, 4])
            #expect(try data.test.label(at: 0) == 9)
            #expect(data.className(of: 9) == "truck")
            #expect(data.normalisation.mean == [0.4914, 0.4822, 0.4465])
        }
    }

    @Test func pixelsAreThreePlanes() throws {
        try withTemporaryDirectory { path in
            try SmallFiles.writeCIFAR10(path)
            let training = try Dataset.open(directory: path).training
            for image in 0..<training.count {
                training.withPixels(at: image) { pixels in
                    #expect(pixels.count == 3_072)
                    for channel in 0..<3 {
                        for (row, column) in [(0, 0), (0, 31), (13, 5), (31, 0), (31, 31)] {
                            let expected = SmallFiles.pixel(image: image, channel: channel, row: row, column: column)
                            #expect(pixels[channel * 1_024 + row * 32 + column] == expected)
                        }
                    }
                }
            }
        }
    }

    @Test func tenBatchesAreInNumericNotAlphabeticOrder() throws {
        try withTemporaryDirectory { path in
            for number in 1...10 { try write(SmallFiles.cifar([[UInt8(number - 1)]]), path, "data_batch_\(number).bin") }
            try write(SmallFiles.cifar([[0]]), path, "test_batch.bin")
            let training = try Dataset.open(directory: path).training
            #expect(try (0..<10).map { try training.label(at: $0) } == Array(0..<10))
        }
    }

    @Test func opensTheFolderOfTheArchiveAndItsNames() throws {
        try withTemporaryDirectory { path in
            let folder = path + "/cifar-10-batches-bin"
            try SmallFiles.writeCIFAR10(folder)
            try write(Array("<html>".utf8), folder, "readme.html")
            try write(Array((0..<10).map { "kind\($0)\r\n" }.joined().utf8) + Array("\n".utf8), folder, "batches.meta.txt")
            let data = try Dataset.open(directory: path)
            #expect(data.directory == folder)
            #expect(data.classNames == (0..<10).map { "kind\($0)" })
        }
    }

    @Test func cifar100UsesTheFineLabel() throws {
        try withTemporaryDirectory { path in
            let folder = path + "/cifar-100-binary"
            try write(SmallFiles.cifar([[3, 99], [19, 0]]), folder, "train.bin")
            try write(SmallFiles.cifar([[1, 42]]), folder, "test.bin")
            try write(Array((0..<100).map { "n\($0)\n" }.joined().utf8), folder, "fine_label_names.txt")
            let data = try Dataset.open(directory: path)
            #expect(data.name == "cifar100")
            #expect(data.training.classes == 100)
            #expect(try (0..<2).map { try data.training.label(at: $0) } == [99, 0])
            #expect(try data.test.label(at: 0) == 42)
            #expect(data.className(of: 42) == "n42")
            data.training.withPixels(at: 1) { pixels in
                #expect(pixels[0] == SmallFiles.pixel(image: 1, channel: 0, row: 0, column: 0))
                #expect(pixels[3_071] == SmallFiles.pixel(image: 1, channel: 2, row: 31, column: 31))
            }
        }
    }

    @Test func sizeThatIsNoWholeNumberOfRecords() throws {
        try withTemporaryDirectory { path in
            try SmallFiles.writeCIFAR10(path)
            try write(Array(SmallFiles.cifar([[0], [1], [2]]).dropLast()), path, "data_batch_1.bin")
            expectFailure(
                .badData, mentioning: "data_batch_1.bin", "found 9,218 bytes", "2 records of 3,073 bytes and 3,072 bytes over",
                "1 byte short of 3 records", "fetch it again"
            ) { _ = try Dataset.open(directory: path) }
        }
    }

    @Test func emptyMissingAndGap() throws {
        try withTemporaryDirectory { path in
            try SmallFiles.writeCIFAR10(path)
            try write([], path, "data_batch_2.bin")
            expectFailure(.badData, mentioning: "data_batch_2.bin", "empty") { _ = try Dataset.open(directory: path) }
            try FileManager.default.moveItem(atPath: path + "/data_batch_2.bin", toPath: path + "/data_batch_4.bin")
            expectFailure(.missing, mentioning: "data_batch_2.bin", "found data_batch_1.bin, data_batch_4.bin", "without a gap") {
                _ = try Dataset.open(directory: path)
            }
            try FileManager.default.removeItem(atPath: path + "/data_batch_4.bin")
            try FileManager.default.removeItem(atPath: path + "/test_batch.bin")
            expectFailure(.missing, mentioning: "test_batch.bin", "no such file") { _ = try Dataset.open(directory: path) }
        }
    }

    @Test func labelBeyondTheClassesIsFoundWhenReadAndByVerify() throws {
        try withTemporaryDirectory { path in
            try SmallFiles.writeCIFAR10(path)
            try write(SmallFiles.cifar([[3], [10]], first: 3), path, "data_batch_2.bin")
            let data = try Dataset.open(directory: path)
            #expect(try data.training.label(at: 3) == 3)
            for read in [{ _ = try data.training.label(at: 4) }, { _ = try data.verify() }] {
                expectFailure(.badData, mentioning: "data_batch_2.bin", "record 1 ", "label 10", "expected 0…9") { try read() }
            }
        }
    }

    @Test func wrongNumberOfClassNames() throws {
        try withTemporaryDirectory { path in
            try SmallFiles.writeCIFAR10(path)
            try write(Array("one\ntwo\n".utf8), path, "batches.meta.txt")
            expectFailure(.badData, mentioning: "batches.meta.txt", "found 2 class names", "expected 10") {
                _ = try Dataset.open(directory: path)
            }
            try write([0xff, 0xfe, 0], path, "batches.meta.txt")
            expectFailure(.badData, mentioning: "batches.meta.txt", "not a text") { _ = try Dataset.open(directory: path) }
        }
    }
}
