import Foundation
import Testing

@testable import Datasets
import TestSupport

@Suite struct DetectionTests {
    @Test func noSuchDirectory() {
        expectFailure(.missing, mentioning: "/nowhere/at/all: no such directory", "lockstep data fetch", "data synthesize") {
            _ = try Dataset.open(directory: "/nowhere/at/all")
        }
    }

    @Test func fileInsteadOfADirectory() throws {
        try withTemporaryDirectory { path in
            try write([1], path, "train.bin")
            expectFailure(.missing, mentioning: "train.bin: a file") { _ = try Dataset.open(directory: path + "/train.bin") }
        }
    }

    @Test func nothingRecognisedTellsWhatIsThere() throws {
        try withTemporaryDirectory { path in
            expectFailure(.missing, mentioning: "an empty directory") { _ = try Dataset.open(directory: path) }
            for number in 0..<10 { try write([1], path, "photo\(number).jpeg") }
            expectFailure(
                .missing, mentioning: "photo0.jpeg, photo1.jpeg", "and 2 more", "data_batch_1.bin", "train-images-idx3-ubyte"
            ) { _ = try Dataset.open(directory: path) }
        }
    }

    @Test func twoDataSetsBelowAreAQuestion() throws {
        try withTemporaryDirectory { path in
            try SmallFiles.writeCIFAR10(path + "/cifar-10-batches-bin")
            try write(SmallFiles.cifar([[0, 0]]), path + "/cifar-100-binary", "train.bin")
            expectFailure(.badData, mentioning: "more than one", "cifar-10-batches-bin", "cifar-100-binary") {
                _ = try Dataset.open(directory: path)
            }
            try SmallFiles.writeIDX(path)
            #expect(try Dataset.open(directory: path).name == "mnist")
        }
    }

    @Test func batchNumbers() {
        #expect(CIFARFiles.batchNumber(of: "data_batch_12.bin") == 12)
        for name in ["data_batch_.bin", "data_batch_0.bin", "data_batch_01.bin", "data_batch_-1.bin", "data_batch_1"] {
            #expect(CIFARFiles.batchNumber(of: name) == nil, "\(name)")
        }
    }

    @Test func groupedNumbers() {
        #expect([0, 999, 1_000, 30_730_000, -1_234].map(\.grouped) == ["0", "999", "1,000", "30,730,000", "-1,234"])
        #expect(1.bytes == "1 byte" && 2.bytes == "2 bytes")
    }
}
