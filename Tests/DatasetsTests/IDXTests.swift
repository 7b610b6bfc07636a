import Foundation
import Testing

@testable import Datasets
import TestSupport

@Suite struct IDXTests {
    @Test func plainAndGzippedAreEqual() throws {
        try withTemporaryDirectory { path in
            try SmallFiles.writeIDX(path + "/plain")
            try SmallFiles.writeIDX(path + "/gzipped", gzipped: true)
            let plain = try Dataset.open(directory: path + "/plain")
            let gzipped = try Dataset.open(directory: path + "/gzipped")
            for (a, b) in [(plain.training, gzipped.training), (plain.test, gzipped.test)] {
                #expect(a.count == b.count && a.height == 4 && a.width == 3 && a.channels == 1 && a.imageBytes == b.imageBytes)
                for index in 0..<a.count {
                    #expect(try a.label(at: index) == b.label(at: index))
                    let pixels = a.withPixels(at: index) { Array($0) }
                    #expect(pixels == b.withPixels(at: index) { Array($0) })
                    #expect(pixels == (0..<12).map { UInt8(truncatingIfNeeded: (index * 12 + $0) * 11) })
                }
            }
            #expect(plain.name == "mnist" && plain.classNames.isEmpty && plain.className(of: 7) == "7")
            #expect(plain.normalisation == Normalisation(mean: [0.1307], deviation: [0.3081]))
        }
    }

    @Test func fashionIsKnownByTheDirectory() throws {
        try withTemporaryDirectory { path in
            for folder in ["Fashion-MNIST", "FashionMNIST/raw"] {
                try SmallFiles.writeIDX(path + "/" + folder, gzipped: true)
                let data = try Dataset.open(directory: path + "/" + folder)
                #expect(data.name == "fashion-mnist")
                #expect(data.className(of: 9) == "Ankle boot")
            }
            #expect(try Dataset.open(directory: path).directory == path + "/FashionMNIST/raw")
        }
    }

    @Test func otherSpellingOfTheNames() throws {
        try withTemporaryDirectory { path in
            for file in SmallFiles.idxSet() {
                try write(file.bytes, path, file.name.replacingOccurrences(of: "-idx", with: ".idx"))
            }
            #expect(try Dataset.open(directory: path).training.count == 3)
        }
    }

    @Test func wrongMagicNumber() throws {
        try withTemporaryDirectory { path in
            try SmallFiles.writeIDX(path)
            try write(SmallFiles.idxImages(3, magic: 0x801), path, "train-images-idx3-ubyte")
            expectFailure(.badData, mentioning: "train-images-idx3-ubyte", "0x801 (that of a label file)", "expected 0x803") {
                _ = try Dataset.open(directory: path)
            }
        }
    }

    @Test func headerThatDoesNotMatchTheSize() throws {
        try withTemporaryDirectory { path in
            try SmallFiles.writeIDX(path)
            try write(Array(SmallFiles.idxImages(3).dropLast(5)), path, "train-images-idx3-ubyte")
            expectFailure(.badData, mentioning: "3 images of 4 × 3", "take 52 bytes", "found 47 bytes") {
                _ = try Dataset.open(directory: path)
            }
            try write(SmallFiles.words(0x803, .max, .max, .max), path, "train-images-idx3-ubyte")
            expectFailure(.badData, mentioning: "4,294,967,295", "damaged") { _ = try Dataset.open(directory: path) }
            try write([0, 0, 8, 3], path, "train-images-idx3-ubyte")
            expectFailure(.badData, mentioning: "found 4 bytes", "header's 16") { _ = try Dataset.open(directory: path) }
        }
    }

    @Test func asManyLabelsAsImages() throws {
        try withTemporaryDirectory { path in
            try SmallFiles.writeIDX(path)
            try write(SmallFiles.idxLabels([4, 5, 6]), path, "t10k-labels-idx1-ubyte")
            expectFailure(.badData, mentioning: "t10k-images-idx3-ubyte", "2 images", "t10k-labels-idx1-ubyte", "3 labels") {
                _ = try Dataset.open(directory: path)
            }
        }
    }

    @Test func splitsOfDifferentSizes() throws {
        try withTemporaryDirectory { path in
            try SmallFiles.writeIDX(path)
            try write(SmallFiles.idxImages(2, height: 3, width: 4), path, "t10k-images-idx3-ubyte")
            expectFailure(.badData, mentioning: "4 × 3", "3 × 4", "different data sets") { _ = try Dataset.open(directory: path) }
        }
    }

    @Test func missingFileAndWrongLabel() throws {
        try withTemporaryDirectory { path in
            try SmallFiles.writeIDX(path, gzipped: true)
            try write(SmallFiles.gzip(SmallFiles.idxLabels([1, 200, 3])), path, "train-labels-idx1-ubyte.gz")
            let training = try Dataset.open(directory: path).training
            expectFailure(.badData, mentioning: "train-labels-idx1-ubyte.gz", "record 1 ", "label 200") {
                _ = try training.label(at: 1)
            }
            try FileManager.default.removeItem(atPath: path + "/t10k-labels-idx1-ubyte.gz")
            expectFailure(.missing, mentioning: "t10k-labels-idx1-ubyte: no such file, nor t10k-labels-idx1-ubyte.gz") {
                _ = try Dataset.open(directory: path)
            }
        }
    }
}
