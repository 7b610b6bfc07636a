import Foundation
import Testing

@testable import Datasets
import TestSupport

@Suite struct Shapes10Tests {
    private func files(_ path: String) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in try names(path) { files[name] = try contents(path, name) }
        return files
    }

    @Test func readsAsCIFAR10WithBalancedClasses() throws {
        try withTemporaryDirectory { path in
            var last = (written: 0, total: 0)
            #expect(try Shapes10.write(to: path + "/set", training: 203, test: 50) { last = ($0, $1) } == .written)
            #expect(last.written == 253 && last.total == 253)
            let data = try Dataset.open(directory: path + "/set")
            #expect(data.name == "cifar10")
            #expect(data.classNames == Shapes10.classNames && data.className(of: 7) == "crescent")
            let report = try data.verify()
            #expect(report.training.count == 203 && report.training.files.map(\.bytes) == [41, 41, 41, 40, 40].map { $0 * 3_073 })
            #expect(report.training.perClass.allSatisfy { $0 == 20 || $0 == 21 })
            #expect(report.test.perClass == [Int](repeating: 5, count: 10))
            // Within reach of CIFAR-10's constants, by which the images will be normalised.
            #expect(report.training.mean.allSatisfy { $0 > 0.4 && $0 < 0.6 })
            #expect(report.training.deviation.allSatisfy { $0 > 0.15 && $0 < 0.35 })
            #expect(try names(path) == ["set"])
        }
    }

    @Test func aPureFunctionOfTheSeed() throws {
        try withTemporaryDirectory { path in
            for (name, seed) in [("a", UInt64(1)), ("b", 1), ("c", 2), ("d", 1 << 40 | 1)] {
                try Shapes10.write(to: "\(path)/\(name)", seed: seed, training: 20, test: 10)
            }
            let (a, b, c, d) = try (files(path + "/a"), files(path + "/b"), files(path + "/c"), files(path + "/d"))
            #expect(a == b)
            #expect(Set(a.keys) == Set(c.keys))
            #expect(a["test_batch.bin"] != c["test_batch.bin"] && a["test_batch.bin"] != d["test_batch.bin"])
        }
    }

    @Test func aLargerSetBeginsWithTheSmallerOne() throws {
        try withTemporaryDirectory { path in
            try Shapes10.write(to: path + "/small", training: 5, test: 5)
            try Shapes10.write(to: path + "/large", training: 50, test: 7)
            let small = try Dataset.open(directory: path + "/small")
            let large = try Dataset.open(directory: path + "/large")
            for (a, b) in [(small.training, large.training), (small.test, large.test)] {
                for index in 0..<a.count {
                    #expect(try a.label(at: index) == b.label(at: index))
                    #expect(a.withPixels(at: index) { Array($0) } == b.withPixels(at: index) { Array($0) })
                }
            }
            #expect(try contents(path, "small/test_batch.bin") != contents(path, "small/data_batch_1.bin"))
        }
    }

    /// Whoever changes what is drawn raises `Manifest.version` and puts the new sums here.
    @Test func goldenChecksums() throws {
        try withTemporaryDirectory { path in
            try Shapes10.write(to: path, training: 100, test: 100)
            #expect(try Checksums.crc32(ofFile: path + "/data_batch_1.bin") == 0x7473_c76e)
            #expect(try Checksums.crc32(ofFile: path + "/test_batch.bin") == 0xa5c5_c19e)
            #expect(Shapes10.Manifest.version == 1)
        }
    }

    @Test func theSameSetIsNotWrittenTwice() throws {
        try withTemporaryDirectory { path in
            #expect(try Shapes10.write(to: path, training: 10, test: 10) == .written)
            let before = try files(path)
            #expect(try Shapes10.write(to: path, training: 10, test: 10) == .alreadyThere)
            expectFailure(.usage, mentioning: "another set", "seed 1, training 10", "asked for", "seed 2") {
                try Shapes10.write(to: path, seed: 2, training: 10, test: 10)
            }
            expectFailure(.usage, mentioning: "training 10", "training 11") { try Shapes10.write(to: path, training: 11, test: 10) }
            #expect(try files(path) == before)
            try write([0], path, "test_batch.bin")
            expectFailure(.badData, mentioning: "test_batch.bin", "Remove the directory") {
                try Shapes10.write(to: path, training: 10, test: 10)
            }
        }
    }

    @Test func otherFilesAreLeftAlone() throws {
        try withTemporaryDirectory { path in
            try write([1], path, "thesis.tex")
            expectFailure(.usage, mentioning: path, "thesis.tex", "left as they are") { try Shapes10.write(to: path) }
            expectFailure(.usage, mentioning: "a file") { try Shapes10.write(to: path + "/thesis.tex") }
            #expect(try names(path) == ["thesis.tex"])
            expectFailure(.usage, mentioning: "4 training and 1 test", "at least 5 and 1") {
                try Shapes10.write(to: path + "/x", training: 4, test: 1)
            }
        }
    }

    @Test func everyGroupOfTenHoldsEveryClass() {
        for split in Split.allCases {
            for group in 0..<50 {
                let labels = (0..<10).map { Shapes10.label(seed: 3, split: split, sample: group * 10 + $0) }
                #expect(labels.sorted() == Array(0..<10))
            }
        }
    }

    @Test func figuresDifferInFormNotInPlace() {
        // Each figure covers between a fifth and seven eighths of its circle, and none reaches out of it.
        for figure in Shapes10.Figure.allCases {
            var covered = 0
            for row in -60...60 {
                for column in -60...60 {
                    let point = Shapes10.Point(x: Float(column) / 50, y: Float(row) / 50)
                    guard figure.covers(point) else { continue }
                    covered += 1
                    #expect(point.x * point.x + point.y * point.y <= 1.001, "\(figure) at \(point)")
                }
            }
            let share = Double(covered) / (2_500 * Double.pi)
            #expect(share > 0.2 && share < 0.875, "\(figure) covers \(share)")
        }
    }
}
