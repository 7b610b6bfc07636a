import Foundation
import TestSupport
import Testing

/// What tuning chooses is a part of the recipe: the run that was tuned is the run that is told the same table, at any number of ranks.
@Suite(.serialized, .timeLimit(.minutes(5))) struct TuneTests {
    /// With BatchNorm all layers lie in pixels: three shapes of convolutions, one of them twice, and a fully connected layer.
    private static let recipe = """
        experiment:
          model:
            input: [32, 32, 3]
            classes: 10
            layers:
              - convolution: {channels: 16, kernel: 3, stride: 2, padding: 1, bias: false}
              - batch-norm
              - relu
              - convolution: {channels: 16, kernel: 3, padding: 1}
              - relu
              - convolution: {channels: 16, kernel: 3, padding: 1}
              - relu
              - convolution: {channels: 24, kernel: 1, stride: 2}
              - global-average-pool
              - linear: {outputs: 10}
          optimiser: {rate: 0.01, momentum: 0.9}
        """

    private func train(_ place: Workplace, _ arguments: [String], run: String, steps: Int, ranks: Int?) throws -> Subprocess {
        try place.lockstep(
            ["train"] + arguments + [
                "--data", place.data, "--run", place.path(run), "--reproducible", "--max-steps", "\(steps)", "--log-every", "1",
            ], ranks: ranks)
    }

    /// The experiment that a run's record holds.
    private func experiment(_ place: Workplace, run: String) throws -> [String: Any] {
        let record = try JSONSerialization.jsonObject(with: try place.bytes(place.path("\(run)/run.json")))
        return try #require((record as? [String: Any])?["experiment"] as? [String: Any])
    }

    @Test func theTableStands() throws {
        try Workplace.with { place in
            let recipe = try place.write(Self.recipe, "recipe.yaml")
            let tuned = try train(place, [recipe, "--tune-kernels"], run: "tuned", steps: 12, ranks: 2)
            expectSuccess(tuned)
            #expect(tuned.lines.contains("tuning convolution 1 of 4"), "\(tuned.report)")
            let summary = try #require(tuned.lines.first { $0.hasPrefix("tuned 4 convolutions: ") }, "\(tuned.report)")
            #expect(summary.hasSuffix(" of 11 products are not the default table's"), "\(tuned.report)")
            let found = try experiment(place, run: "tuned")
            let kernels = try #require(found["kernels"] as? [String: [String: String]])
            #expect(kernels.count == 4 && kernels.values.allSatisfy { $0.keys.sorted() == ["forward", "input", "weights"] })

            // Told the same table on one rank, stopped and gone on with on two: the same bits.
            let told = try place.write(
                String(decoding: try JSONSerialization.data(withJSONObject: ["experiment": found]), as: UTF8.self), "told.yaml")
            expectSuccess(try train(place, [told], run: "told", steps: 7, ranks: nil))
            let resumed = try place.resume(run: "told", maxSteps: 12, ranks: 2)
            expectSuccess(resumed)
            #expect(!resumed.standardOutput.contains("changed: kernels"), "\(resumed.report)")
            let checkpoint = place.checkpoint(run: "tuned", step: 12)
            #expect(try place.bytes(place.checkpoint(run: "told", step: 12)) == place.bytes(checkpoint))

            let logged = try MetricsRows(place.path("tuned/metrics.csv")).last("test")
            for ranks in [nil, 3] {
                let evaluated = try place.lockstep(["evaluate", checkpoint], ranks: ranks)
                expectSuccess(evaluated)
                #expect(evaluated.lines.contains("loss \(logged.loss)"), "logged \(logged): \(evaluated.report)")
            }
        }
    }

    /// Every bit hangs on the table: the reference in one layer's place gives another checkpoint.
    @Test func anotherTableIsAnotherExperiment() throws {
        try Workplace.with { place in
            let recipe = try place.write(Self.recipe, "recipe.yaml")
            let square = "16x16x16 by 3x3 to 16x16x16 padding 1x1"
            let tabled = try place.write(
                Self.recipe + "\n  kernels: {\(square): {forward: im2col, input: im2col, weights: im2col}}\n", "tabled.yaml")
            expectSuccess(try train(place, [recipe], run: "usual", steps: 3, ranks: nil))
            expectSuccess(try train(place, [tabled], run: "tabled", steps: 3, ranks: nil))
            let losses = try ["usual", "tabled"].map { try MetricsRows(place.path("\($0)/metrics.csv")).of("step").map(\.loss) }
            #expect(losses[0] != losses[1])
            // A choice for all convolutions goes over it.
            let back = try place.resume(run: "tabled", maxSteps: 4, ["--convolution", "auto"])
            expectSuccess(back)
            #expect(back.standardOutput.contains("changed: kernels.\(square).forward: \"im2col\" → none"), "\(back.report)")
        }
    }

    @Test func whereThereIsNothingToTune() throws {
        try Workplace.with { place in
            let recipe = try place.write(Self.recipe, "recipe.yaml")
            expectSuccess(try train(place, [recipe], run: "run", steps: 2, ranks: nil))
            for ranks in [nil, 2] {
                expectFailure(
                    try place.resume(run: "run", maxSteps: 4, ranks: ranks, ["--tune-kernels"]), code: 64,
                    "--tune-kernels does not go with --resume: the run's kernel table stands")
            }
            expectFailure(
                try train(place, [recipe, "--tune-kernels", "--convolution", "im2col"], run: "other", steps: 2, ranks: nil),
                code: 64,
                "--tune-kernels does not go with convolution im2col")
            #expect(!place.exists("other"))
        }
    }

    @Test func tablesThatCannotBe() throws {
        let faults = [
            (
                "16x16x16 by 5x5 to 16x16x16 padding 1x1: {forward: im2col, input: im2col, weights: im2col}",
                "is no convolution over pixels of this model: did you mean '16x16x16 by 3x3 to 16x16x16 padding 1x1'?"
            ),
            (
                "16x16x16 by 3x3 to 16x16x16 padding 1x1: {forward: im2col, input: pointwise, weights: im2col}",
                "'pointwise' does not compute this convolution; what does is im2col"
            ),
            (
                "16x16x16 by 3x3 to 16x16x16 padding 1x1: {forward: im2col, input: im2col, weights: winogard}",
                "unknown algorithm 'winogard': did you mean 'winograd'?"
            ),
        ]
        try Workplace.with { place in
            for (entry, message) in faults {
                let recipe = try place.write(Self.recipe + "\n  kernels: {\(entry)}\n", "recipe.yaml")
                for ranks in [nil, 2] {
                    expectFailure(try train(place, [recipe], run: "run", steps: 2, ranks: ranks), code: 64, message)
                }
                #expect(!place.exists("run"), "\(entry)")
            }
        }
    }
}
