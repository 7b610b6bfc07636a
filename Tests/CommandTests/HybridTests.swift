import Checkpoints
import Foundation
import TestSupport
import Testing

/// Linear layers divided over the ranks, by each of the three schemes: the same training as where every rank has all of them.
@Suite(.serialized, .timeLimit(.minutes(10))) struct HybridTests {
    /// Nothing divides by two, three or four: nine micro-batches of six, layers of 37 and 23 neurons; the last batch of an epoch, of six
    /// samples, leaves some micro-batches empty. Dropout before, between and behind linear layers.
    private static let recipe = """
        experiment:
          model:
            name: odd
            input: [32, 32, 3]
            classes: 10
            layers:
              - convolution: {channels: 5, kernel: 3, stride: 2, bias: false}
              - batch-norm
              - relu
              - max-pool: {size: 2}
              - flatten
              - dropout: {rate: 0.2}
              - linear: {outputs: 37}
              - relu
              - dropout: {rate: 0.5}
              - linear: {outputs: 23}
              - relu
              - dropout: {rate: 0.25}
              - linear: {outputs: 10}
          global-batch: 54
          micro-batches: 9
          seed: 5
          epochs: 3
          optimiser: {rate: 0.05, momentum: 0.9, nesterov: true, weight-decay: 0.001, decays: weights}
        """
    /// Nine parameters, their momentum, and the running statistics.
    private static let tensorCount = 20

    private func train(_ place: Workplace, _ run: String, ranks: Int?, _ more: [String], steps: Int = 20) throws {
        let recipe = try place.write(Self.recipe, "recipe.yaml")
        let arguments = ["--data", place.data, "--run", place.path(run), "--max-steps", "\(steps)", "--log-every", "1"]
        expectSuccess(try place.lockstep(["train", recipe] + arguments + more, ranks: ranks))
    }

    private func hybrid(_ scheme: String, _ more: String...) -> [String] {
        ["--parallelism", "hybrid", "--scheme", scheme, "--check-every", "3"] + more
    }

    private func expectSame(
        _ place: Workplace, _ run: String, _ other: String, splits: [String] = ["step", "train", "test"]
    ) throws {
        let (found, expected) = (
            try MetricsRows(place.path("\(run)/metrics.csv")), try MetricsRows(place.path("\(other)/metrics.csv"))
        )
        for split in splits { expectSameRows(found, expected, split: split) }
        try expectSameTensors(
            place.checkpoint(run: run, step: 20), place.checkpoint(run: other, step: 20), count: Self.tensorCount)
    }

    @Test func everySchemeIsTheReplicatedTraining() throws {
        try Workplace.with { place in
            try train(place, "alone", ranks: nil, [])
            #expect(try MetricsRows(place.path("alone/metrics.csv")).of("step").map(\.samples)[11] == 6)
            for ranks in 1...4 {
                for scheme in ["a", "b", "c"] {
                    try train(place, "\(scheme)-\(ranks)", ranks: ranks, hybrid(scheme))
                    try expectSame(place, "\(scheme)-\(ranks)", "alone")
                }
            }
            for (name, flags) in [
                ("mpi", ["--exchange", "mpi"]), ("small", ["--bucket-size", "256"]), ("late", ["--no-overlap"]),
            ] {
                try train(place, name, ranks: 3, hybrid("b") + flags)
                try expectSame(place, name, "alone")
            }
        }
    }

    /// The last batch of an epoch has two samples: at four ranks two have none, and passes that no rank gives anything to are empty.
    @Test func ranksWithoutSamples() throws {
        try Workplace.with(training: 596) { place in
            try train(place, "alone", ranks: nil, [])
            #expect(try MetricsRows(place.path("alone/metrics.csv")).of("step").map(\.samples)[11] == 2)
            for (scheme, ranks) in [("a", 4), ("b", 4), ("c", 4), ("b", 3)] {
                try train(place, "\(scheme)-\(ranks)", ranks: ranks, hybrid(scheme))
                try expectSame(place, "\(scheme)-\(ranks)", "alone")
            }
            try train(place, "varied", ranks: nil, hybrid("b", "--variable-batch", "4"))
            try train(place, "varied-4", ranks: 4, hybrid("b", "--variable-batch", "4"))
            try expectSame(place, "varied-4", "varied")
        }
    }

    @Test func statisticsOverTheGlobalBatch() throws {
        try Workplace.with { place in
            try train(place, "alone", ranks: nil, ["--sync-batchnorm"])
            try train(place, "hybrid", ranks: 3, hybrid("c", "--sync-batchnorm"))
            try expectSame(place, "hybrid", "alone")
        }
    }

    /// The same schedule at one rank, which computes every pass alone; and not what one step for all layers gives.
    @Test(arguments: ["b", "c"]) func variableBatch(scheme: String) throws {
        try Workplace.with { place in
            try train(place, "alone", ranks: nil, hybrid(scheme, "--variable-batch", "4"))
            for ranks in 2...4 {
                try train(place, "run-\(ranks)", ranks: ranks, hybrid(scheme, "--variable-batch", "4"))
                try expectSame(place, "run-\(ranks)", "alone")
            }
            // As many passes as ranks, where no number is given.
            try train(place, "by-ranks", ranks: 4, ["--parallelism", "hybrid", "--scheme", scheme, "--variable-batch"])
            try expectSame(place, "by-ranks", "alone")
            try train(place, "plain", ranks: nil, [])
            let rows = try ["alone", "plain"].map { try MetricsRows(place.path("\($0)/metrics.csv")).of("step") }
            // In its first step, the last passes know already what the first one taught.
            #expect(rows[0][0].loss != rows[1][0].loss)
        }
    }

    /// Where nothing in front of the linear layers learns, passes over a global batch are steps on batches that are smaller so many times,
    /// with the same divisor, momentum and weight decay.
    @Test(arguments: [nil, 2]) func variableBatchIsSmallerBatches(ranks: Int?) throws {
        try Workplace.with(training: 640) { place in
            func train(_ run: String, batch: Int, steps: Int, ranks: Int?, _ more: [String]) throws -> CheckpointFile {
                let recipe = try place.write(
                    """
                    experiment:
                      model:
                        input: [32, 32, 3]
                        classes: 10
                        layers:
                          - max-pool: {size: 8}
                          - flatten
                          - linear: {outputs: 23}
                          - relu
                          - linear: {outputs: 10}
                      global-batch: \(batch)
                      seed: 5
                      optimiser: {rate: 0.05, momentum: 0.9, weight-decay: 0.001}
                    """, "\(run).yaml")
                let arguments = ["train", recipe, "--data", place.data, "--run", place.path(run), "--max-steps", "\(steps)"]
                expectSuccess(try place.lockstep(arguments + more, ranks: ranks))
                return try CheckpointFile(path: place.checkpoint(run: run, step: steps))
            }
            let expected = try train("small", batch: 32, steps: 20, ranks: nil, [])
            let found = try train("varied", batch: 64, steps: 10, ranks: ranks, hybrid("b", "--variable-batch", "2"))
            try expectSameValues(found, expected, count: 8)
        }
    }

    @Test func resumesByAnotherStrategy() throws {
        try Workplace.with { place in
            try train(place, "alone", ranks: nil, [])
            try train(place, "stopped", ranks: 3, hybrid("c"), steps: 9)
            try train(place, "stopped-sharded", ranks: 4, ["--parallelism", "sharded"], steps: 9)
            let ways = [
                ("stopped", 1, "replicated"), ("stopped", 2, "hybrid"), ("stopped", 4, "sharded"), ("stopped-sharded", 2, "hybrid"),
            ]
            for (number, (stopped, ranks, parallelism)) in ways.enumerated() {
                try FileManager.default.copyItem(atPath: place.path(stopped), toPath: place.path("run-\(number)"))
                let run = try place.resume(
                    run: "run-\(number)", ranks: ranks, ["--parallelism", parallelism, "--scheme", "b"])
                expectSuccess(run)
                #expect(!run.standardOutput.contains("changed"), "\(run.report)")
                try expectSame(place, "run-\(number)", "alone", splits: ["step"])
            }
        }
    }

    /// Twelve of its fifteen million weights are linear. Of the million activations of a step, some are so near zero that rounding decides
    /// what ReLU lets through, and with so few samples one of them shows in every weight some steps later: two steps, before it does.
    @Test func alexnet() throws {
        try Workplace.with { place in
            let arguments = [
                "train", "--model", "alexnet32", "--data", place.data, "--global-batch", "16", "--max-steps", "2", "--momentum",
                "0.9",
                "--learning-rate", "0.01", "--seed", "3", "--log-every", "1", "--run",
            ]
            expectSuccess(try place.lockstep(arguments + [place.path("alone")]))
            for (scheme, ranks) in [("a", 2), ("b", 2), ("c", 2), ("b", 3)] {
                let run = "\(scheme)-\(ranks)"
                expectSuccess(
                    try place.lockstep(arguments + [place.path(run)] + hybrid(scheme), ranks: ranks, timeLimit: 120))
                try expectSameTensors(
                    place.checkpoint(run: run, step: 2), place.checkpoint(run: "alone", step: 2), count: 32)
            }
        }
    }

    @Test func whatDoesNotHoldIsRefusedByName() throws {
        try Workplace.with { place in
            func refused(_ flags: [String], ranks: Int = 3, model: [String] = ["--model", "lenet5"]) throws -> Subprocess {
                try place.lockstep(["train", "--data", place.data, "--run", place.path("run")] + model + flags, ranks: ranks)
            }
            let hybrid = ["--parallelism", "hybrid"]
            expectFailure(try refused(hybrid + ["--reproducible"]), code: 64, "parallelism hybrid does not go with reproducible")
            expectFailure(try refused(hybrid + ["--wire", "bf16"]), code: 64, "parallelism hybrid does not go with wire bf16")
            expectFailure(try refused(["--variable-batch"]), code: 64, "variable-batch does not go with parallelism replicated")
            expectFailure(try refused(hybrid + ["--scheme", "a", "--variable-batch"]), code: 64, "give --scheme b or --scheme c")
            expectFailure(
                try refused(hybrid + ["--variable-batch", "9"]), code: 64,
                "found 9, expected a number from 1 to the 8 micro-batches")
            expectFailure(try refused(hybrid, model: ["--model", "mlp"]), code: 64, "model mlp begins with a linear layer")
            func model(_ layers: String) throws -> [String] {
                [
                    try place.write(
                        "experiment: {model: {name: small, input: [32, 32, 3], classes: 10, layers: [{convolution: "
                            + "{channels: 2, kernel: 3}}, relu, flatten, \(layers)]}}", "model.yaml")
                ]
            }
            expectFailure(
                try refused(hybrid, model: try model("{linear: {outputs: 2}}, relu, {linear: {outputs: 10}}")), code: 64,
                "3 ranks cannot divide the 2 outputs of linear1 of model small")
            expectFailure(
                try refused(hybrid, model: try model("{linear: {outputs: 20}}, batch-norm, {linear: {outputs: 10}}")), code: 64,
                "batch-norm1 of model small stands behind a linear layer")
            #expect(!place.exists("run"))
        }
    }
}
