import Foundation
import TestSupport
import Testing

/// Data sets that are missing, damaged or of the wrong shape: a message that says what to do, and no run directory left behind.
@Suite(.serialized, .timeLimit(.minutes(5))) struct BadDataTests {
    @Test(arguments: [nil, 3]) func noSuchDirectory(ranks: Int?) throws {
        try Workplace.with { place in
            let run = try train(place, data: place.path("nowhere"), ranks: ranks)
            expectFailure(run, code: 66, "\(place.path("nowhere")): no such directory", "lockstep data synthesize")
            #expect(!place.exists("run"))
        }
    }

    @Test func noDirectoryIsNamed() throws {
        try Workplace.with { place in
            let run = try place.lockstep(["train", "--model", "lenet5", "--run", place.path("run")])
            expectFailure(run, code: 64, "no data set is named: give its directory by --data")
        }
    }

    @Test(arguments: [nil, 3]) func shortByOneByte(ranks: Int?) throws {
        try Workplace.with { place in
            let file = place.path("data/data_batch_3.bin")
            try place.change(file) { $0.removeLast() }
            let run = try train(place, data: place.data, ranks: ranks)
            expectFailure(run, code: 65, "\(file): found 368,759 bytes", "1 byte short of 120 records")
            #expect(!place.exists("run"))
        }
    }

    @Test func emptyFile() throws {
        try Workplace.with { place in
            try place.change(place.path("data/test_batch.bin")) { $0.removeAll() }
            expectFailure(try train(place, data: place.data), code: 65, "test_batch.bin: the file is empty")
        }
    }

    /// The record is read by one rank alone, in the middle of training: it ends the others.
    @Test(arguments: [nil, 3]) func labelOutOfRange(ranks: Int?) throws {
        try Workplace.with { place in
            let file = place.path("data/data_batch_2.bin")
            try place.change(file) { $0[3_073 * 5] = 77 }
            let run = try train(place, data: place.data, ranks: ranks)
            expectFailure(run, code: 65, "\(file): record 5 (counted from 0) has label 77; expected 0…9")
            if ranks != nil { #expect(run.standardError.contains(#/error: rank [012] on \S+: /#), "\(run.report)") }
        }
    }

    @Test(arguments: [nil, 3]) func testLabelOutOfRange(ranks: Int?) throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "good", maxSteps: 2))
            try place.change(place.path("data/test_batch.bin")) { $0[0] = 10 }
            let checkpoint = place.checkpoint(run: "good", step: 2)
            let run = try place.lockstep(["evaluate", checkpoint, "--data", place.data], ranks: ranks)
            expectFailure(run, code: 65, "test_batch.bin: record 0 (counted from 0) has label 10")
            expectFailure(try place.lockstep(["data", "verify", place.data]), code: 65, "test_batch.bin: record 0")
        }
    }

    @Test func damagedIDXFiles() throws {
        try Workplace.with { place in
            let good = place.path("digits")
            try Digits.write(to: good)
            let images = "train-images-idx3-ubyte"
            func expectDamage(_ parts: String..., damage: (inout Data) -> Void) throws {
                let (directory, untouched) = (place.path("damaged"), try place.bytes("\(good)/\(images)"))
                try? FileManager.default.removeItem(atPath: directory)
                try FileManager.default.copyItem(atPath: good, toPath: directory)
                try place.change("\(directory)/\(images)", damage)
                let run = try train(place, data: directory)
                expectFailure(run, code: 65, "\(directory)/\(images): ")
                for part in parts { #expect(run.standardError.contains(part), "\(run.report)") }
                #expect(try place.bytes("\(good)/\(images)") == untouched)
            }
            try expectDamage("magic number 0x801 (that of a label file); expected 0x803") { $0[3] = 1 }
            try expectDamage("tells of 65 images of 28 × 28", "found 50,192 bytes") { $0[7] = 65 }
            try expectDamage("fewer than an IDX header's 16") { $0 = $0.prefix(9) }
        }
    }

    @Test func damagedGzip() throws {
        try Workplace.with { place in
            let directory = place.path("digits")
            try Digits.write(to: directory)
            let file = "\(directory)/train-images-idx3-ubyte"
            #expect(try Subprocess.run("gzip", [file]).exitCode == 0)
            try place.change("\(file).gz") { $0[$0.count / 2] ^= 0xff }
            expectFailure(try train(place, data: directory), code: 65, "\(file).gz: damaged gzip contents")
            try place.change("\(file).gz") { $0.removeLast($0.count / 2) }
            expectFailure(try train(place, data: directory), code: 65, "\(file).gz: ")
        }
    }

    private func train(_ place: Workplace, data: String, ranks: Int? = nil) throws -> Subprocess {
        try place.lockstep(
            ["train", "--model", "lenet5", "--data", data, "--run", place.path("run"), "--epochs", "1"], ranks: ranks)
    }
}

/// A small set in MNIST's format: 64 training and 20 test images of 28 × 28 with every label in turn.
enum Digits {
    static func write(to directory: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for (prefix, count) in [("train", 64), ("t10k", 20)] {
            let pixels = (0..<count * 28 * 28).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
            try write(words(0x803, count, 28, 28) + pixels, "\(directory)/\(prefix)-images-idx3-ubyte")
            try write(words(0x801, count) + (0..<count).map { UInt8($0 % 10) }, "\(directory)/\(prefix)-labels-idx1-ubyte")
        }
    }

    private static func write(_ bytes: [UInt8], _ path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    private static func words(_ words: Int...) -> [UInt8] {
        words.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    }
}
