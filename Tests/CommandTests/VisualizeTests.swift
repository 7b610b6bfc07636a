import Foundation
import ImageFiles
import TestSupport
import Testing

/// `lockstep visualize`: what it draws, and what it says where it cannot.
@Suite(.serialized, .timeLimit(.minutes(5))) struct VisualizeTests {
    private func picture(_ path: String) throws -> PixelImage {
        try Array(Data(contentsOf: URL(fileURLWithPath: path))).withUnsafeBufferPointer { try #require(ImageFile($0)).decode($0) }
    }

    private func visualize(_ place: Workplace, _ checkpoint: String, _ more: [String]) throws -> Subprocess {
        try place.lockstep(["visualize", checkpoint] + more)
    }

    @Test func convolutions() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", maxSteps: 10))
            let checkpoint = place.checkpoint(run: "run", step: 10)
            let run = try visualize(place, checkpoint, ["--samples", "4", "--output", place.path("first.png")])
            expectSuccess(run)
            try expectPlain(run)
            #expect(run.standardOutput.contains("outputs of convolution1 after ReLU, 28×28×6 of each image"), "\(run.report)")
            #expect(run.lines.contains { $0.hasPrefix("  rows: ") && $0.split(separator: ",").count == 4 }, "\(run.report)")
            // Cells of 64, twice the images' side, and 2 between them; four rows, the image and six channels.
            let outputs = try picture(place.path("first.png"))
            #expect(outputs.height == 14 + 4 * 66 && outputs.width == 10 + 7 * 66 && outputs.channels == 3)
            // The first test image, pixel by pixel: the file holds a label, then planes of red, green and blue.
            let stored = try place.bytes("\(place.data)/test_batch.bin")
            for (row, column) in [(0, 0), (5, 30), (16, 16), (31, 31)] {
                let first = ((14 + 2 * row) * outputs.width + 10 + 2 * column) * 3
                #expect(
                    Array(outputs.pixels[first..<first + 3])
                        == (0..<3).map { stored[stored.startIndex + 1 + $0 * 1_024 + row * 32 + column] })
            }
            // White is the largest value of each channel: every column of outputs has some, or is black throughout.
            for channel in 0..<6 {
                let shades = (0..<4 * 66 - 2).flatMap { row in
                    (4..<60).map { outputs.pixels[((14 + row) * outputs.width + 10 + (channel + 1) * 66 + $0) * 3] }
                }
                #expect(shades.contains(255) || run.standardOutput.contains("0 everywhere"), "channel \(channel + 1)")
            }
            // Six filters of 5×5 in colour, twelve times as large, in cells of 60.
            let filters = try picture(place.path("first-filters.png"))
            #expect(filters.height == 14 + 62 && filters.width == 10 + 6 * 62)

            let second = try visualize(place, checkpoint, ["--layer", "2", "--samples", "1", "--output", place.path("second")])
            expectSuccess(second)
            #expect(second.standardOutput.contains("outputs of convolution2 after ReLU, 10×10×16"), "\(second.report)")
            // A row for each of the six channels that a filter reads.
            #expect(try picture(place.path("second-filters.png")).height == 14 + 6 * 62)
            #expect(try picture(place.path("second")).height == 14 + 66)
        }
    }

    /// Its filters are as large as the images; outputs it has none that one could see.
    @Test func aPerceptron() throws {
        try Workplace.with { place in
            let training = ["train", "--model", "mlp", "--data", place.data, "--run", place.path("run"), "--max-steps", "1"]
            expectSuccess(try place.lockstep(training))
            let checkpoint = place.checkpoint(run: "run", step: 1)
            let run = try visualize(place, checkpoint, ["--output", place.path("mlp.png")])
            expectSuccess(run)
            #expect(!place.exists("mlp.png") && !run.standardOutput.contains("ReLU"), "\(run.report)")
            // A hundred filters in rows of sixteen.
            let filters = try picture(place.path("mlp-filters.png"))
            #expect(filters.height == 14 + 7 * 66 && filters.width == 10 + 8 + 16 * 66)
            expectFailure(
                try visualize(place, checkpoint, ["--layer", "2"]), code: 64, "found 2", "mlp has no convolutions", "linear1")
        }
    }

    @Test func whatIsRefused() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", maxSteps: 1))
            let checkpoint = place.checkpoint(run: "run", step: 1)
            for layer in ["0", "3", "-1"] {
                expectFailure(
                    try visualize(place, checkpoint, ["--layer", layer]), code: 64, "--layer: found \(layer)",
                    "1 convolution1, which puts out 28×28×6; 2 convolution2, which puts out 10×10×16")
            }
            expectFailure(try visualize(place, checkpoint, ["--samples", "0"]), code: 64, "--samples: found 0", "200 test images")
            expectFailure(try visualize(place, checkpoint, ["--samples", "201"]), code: 64, "--samples: found 201")
            expectFailure(try visualize(place, place.path("no.safetensors"), []), code: 66, "there is no checkpoint")
            expectFailure(
                try visualize(place, checkpoint, ["--output", place.path("no/such/folder.png")]), code: 74, "cannot be written",
                "--output")
            // Images of another size than the model's.
            try Digits.write(to: place.path("mnist"))
            expectFailure(
                try visualize(place, checkpoint, ["--data", place.path("mnist")]), code: 64, "28×28×1", "takes images of 32×32×3")
        }
    }
}
