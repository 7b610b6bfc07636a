import Foundation
import ImageWriting
import TestSupport
import Testing

/// `data pack`, and what becomes of its output.
@Suite(.serialized, .timeLimit(.minutes(5))) struct DataPackTests {
    /// 60 training and 12 test images of 8×6 in three classes, told apart by which third of the picture is bright.
    private func writePhotos(_ place: Workplace, damaged: Int = 0) throws {
        for (split, count) in [("train", 60), ("val", 12)] {
            for number in 0..<count {
                var rows: [UInt8] = []
                for position in 0..<48 {
                    let isBright = position % 6 / 2 == number % 3
                    rows += [isBright ? 250 : UInt8(number), isBright ? 200 : 10]
                    rows.append(UInt8(truncatingIfNeeded: position * number))
                }
                let png = PNGBytes(height: 8, width: 6, kind: .colour, rows: rows).bytes
                try save(png, place, "photos/\(split)/class\(number % 3)/\(number).png")
            }
        }
        for number in 0..<damaged { try save([], place, "photos/train/class0/damaged\(100 + number).png") }
    }

    private func save(_ bytes: [UInt8], _ place: Workplace, _ name: String) throws {
        let url = URL(fileURLWithPath: place.path(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    private static let model = """
        experiment:
          model: {input: [8, 6, 3], classes: 3, layers: [{convolution: {channels: 4, kernel: 3}}, relu, flatten, {linear: {outputs: 3}}]}
          global-batch: 12
          micro-batches: 4
          epochs: 4
          optimiser: {rate: 0.05, momentum: 0.9}
        """

    /// Pack, look, check, train on one rank and on two, evaluate: the data set is one as any other.
    @Test func packedImagesAreADataSet() throws {
        try Workplace.with { place in
            try writePhotos(place)
            let packed = place.path("packed")
            let pack = try place.lockstep(["data", "pack", "--images", place.path("photos"), packed])
            expectSuccess(pack)
            try expectPlain(pack)
            #expect(pack.standardOutput.contains("60 training and 12 test images of 8×6×3, 3 classes, "), "\(pack.report)")
            #expect(pack.standardOutput.contains("lockstep train --model NAME --data \(packed)"), "\(pack.report)")
            #expect(pack.standardError.isEmpty, "\(pack.report)")

            let info = try place.lockstep(["data", "info", packed, "--np", "2", "--global-batch", "12"])
            expectSuccess(info)
            #expect(
                info.lines.prefix(3) == [
                    "\(packed): photos", "60 training and 12 test images of 8×6×3", "3 classes: class0, class1, class2",
                ])
            let verify = try place.lockstep(["data", "verify", packed])
            expectSuccess(verify)
            #expect(verify.lines.contains("  per class 20, 20, 20"), "\(verify.report)")

            let recipe = try place.write(Self.model, "recipe.yaml")
            for ranks in [1, 2] {
                let run = "run\(ranks)"
                expectSuccess(try place.lockstep(["train", recipe, "--data", packed, "--run", place.path(run)], ranks: ranks))
                let accuracies = try MetricsRows(place.path("\(run)/metrics.csv")).of("test").map(\.accuracy)
                #expect(accuracies.count == 4 && accuracies.last == "1.0", "three bright thirds are told apart: \(accuracies)")
            }
            let evaluate = ["evaluate", place.checkpoint(run: "run1", step: 20), "--data", packed]
            let evaluations = try [1, 2].map { try place.lockstep(evaluate, ranks: $0) }
            evaluations.forEach { expectSuccess($0) }
            #expect(evaluations[0].standardOutput == evaluations[1].standardOutput, "the same to the last digit at any rank count")

            try place.change("\(packed)/images.lockstep") { $0[500] ^= 1 }
            expectFailure(try place.lockstep(["data", "verify", packed]), code: 65, "the training images have CRC-32")
            try place.change("\(packed)/images.lockstep") { $0.append(0) }
            expectFailure(try place.lockstep(["data", "info", packed]), code: 65, "1 byte too many")
            expectFailure(
                try place.lockstep(["train", recipe, "--data", packed, "--run", place.path("run3")], ranks: 2), code: 65,
                "1 byte too many")
        }
    }

    /// Twenty are listed, all are counted.
    @Test func damagedImages() throws {
        try Workplace.with { place in
            try writePhotos(place, damaged: 23)
            let pack = ["data", "pack", "--images", place.path("photos")]
            let run = try place.lockstep(pack + [place.path("packed")])
            expectSuccess(run)
            let told = run.standardError.split(separator: "\n")
            #expect(told.count { $0.hasPrefix("left out: ") && $0.contains("the file is empty") } == 20, "\(run.report)")
            #expect(told.last == "warning: left out 23 that cannot be read", "\(run.report)")
            #expect(run.standardOutput.contains("60 training and 12 test images"), "\(run.report)")
            expectFailure(
                try place.lockstep(pack + ["--strict", place.path("strict")]), code: 65, "nothing was packed", "(at least 23)")
            #expect(!place.exists("strict"))
            expectFailure(try place.lockstep(pack + [place.path("packed")]), code: 64, "is there already", "left as it is")
            expectFailure(try place.lockstep(pack), code: 64, "OUT")
            expectFailure(
                try place.lockstep(["data", "pack", "--images", place.path("no"), place.path("x")]), code: 66, "no such folder")
        }
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root, to mount a small tmpfs")) func fullDisk() throws {
        try Workplace.with { place in
            try writePhotos(place)
            try SmallDisk.mounted(at: place.path("small"), kilobytes: 8) {
                let run = try place.lockstep(["data", "pack", "--images", place.path("photos"), place.path("small/packed")])
                expectFailure(run, code: 74, "images.lockstep: cannot be written: No space left on device")
                #expect(try FileManager.default.contentsOfDirectory(atPath: place.path("small")).isEmpty)
            }
        }
    }
}
