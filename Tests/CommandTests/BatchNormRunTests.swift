import TestSupport
import Testing

/// Runs with everything that has state besides the parameters: running statistics, momentum, a schedule by steps, a plateau.
@Suite(.serialized, .timeLimit(.minutes(5))) struct BatchNormRunTests {
    /// The rate is low: BatchNorm over ten samples makes training chaotic, and at a high one the last digits of sums grow tenfold a step.
    private static let recipe = """
        experiment:
          model:
            input: [32, 32, 3]
            classes: 10
            layers:
              - convolution: {channels: 8, kernel: 3, stride: 2, bias: false}
              - batch-norm
              - relu
              - residual:
                  layers: [{convolution: {channels: 16, kernel: 3, padding: 1, stride: 2, bias: false}}, batch-norm]
                  shortcut: [{convolution: {channels: 16, kernel: 1, stride: 2, bias: false}}, batch-norm]
              - relu
              - global-average-pool
              - linear: {outputs: 10}
          global-batch: 60
          micro-batches: 6
          seed: 5
          augmentation: {flip: true, crop: 4}
          optimiser: {rate: 0.002, momentum: 0.9, weight-decay: 0.001, decays: weights, clip: 2}
          schedule: {linear: {end: 0.1}, warm-up: {epochs: 0.5}}
          plateau: {patience: 1, factor: 0.5}
          loss: {softmax: {label-smoothing: 0.1}}
        """

    private func train(
        _ place: Workplace, _ run: String, steps: Int, ranks: Int? = nil, resume: Bool = false, _ more: [String] = []
    ) throws -> Subprocess {
        let recipe = try place.write(Self.recipe, "recipe.yaml")
        let arguments = [recipe, "--data", place.data, "--run", place.path(run), "--max-steps", "\(steps)", "--log-every", "1"]
        return try place.lockstep(["train"] + arguments + (resume ? ["--resume"] : []) + more, ranks: ranks)
    }

    /// Statistics over the global batch are those of one micro-batch that holds it all, on as many ranks as there are: also where one has
    /// no sample of the last batch.
    @Test func synchronisedStatisticsAreThoseOfTheWholeBatch() throws {
        try Workplace.with(training: 602) { place in
            expectSuccess(try train(place, "whole", steps: 23, ["--micro-batches", "1"]))
            let expected = try MetricsRows(place.path("whole/metrics.csv"))
            for ranks in 1...4 {
                let run = try train(place, "run-\(ranks)", steps: 23, ranks: ranks, ["--sync-batchnorm"])
                expectSuccess(run)
                #expect(!run.standardError.contains("BatchNorm takes its statistics"), "\(run.report)")
                let found = try MetricsRows(place.path("run-\(ranks)/metrics.csv"))
                for split in ["step", "train", "test"] { expectSameRows(found, expected, split: split) }
            }
            expectSuccess(try train(place, "alone", steps: 23, []))
            let alone = try MetricsRows(place.path("alone/metrics.csv"))
            #expect(!isClose(try alone.last("step").lossValue, try expected.last("step").lossValue))
        }
    }

    @Test func ranksDoNotMatter() throws {
        try Workplace.with(training: 610) { place in
            let first = try train(place, "run-1", steps: 23)
            expectSuccess(first)
            #expect(
                first.standardError.contains("BatchNorm takes its statistics over each micro-batch, of 10 samples"),
                "\(first.report)")
            let expected = try MetricsRows(place.path("run-1/metrics.csv"))
            for ranks in 2...4 {
                expectSuccess(try train(place, "run-\(ranks)", steps: 23, ranks: ranks))
                let found = try MetricsRows(place.path("run-\(ranks)/metrics.csv"))
                for split in ["step", "train", "test"] { expectSameRows(found, expected, split: split) }
            }
        }
    }

    /// Statistics, plateau and schedule go on as if nothing had been: one rank, the same bytes.
    @Test func resumingChangesNoByte() throws {
        try Workplace.with(training: 610) { place in
            expectSuccess(try train(place, "whole", steps: 40))
            for steps in [5, 27, 40] { expectSuccess(try train(place, "stopped", steps: steps, resume: steps > 5)) }
            let (whole, stopped) = (place.checkpoint(run: "whole", step: 40), place.checkpoint(run: "stopped", step: 40))
            #expect(try place.bytes(whole) == (try place.bytes(stopped)))
        }
    }
}
