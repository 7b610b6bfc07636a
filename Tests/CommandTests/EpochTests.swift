import Checkpoints
import Foundation
import TestSupport
import Testing

/// What an epoch is: every sample once, in an order of its own, each step divided by the samples that it had.
@Suite(.serialized, .timeLimit(.minutes(5))) struct EpochTests {
    /// With a learning rate of 0 nothing is learnt, so every epoch's loss is that of the training set, and the steps' losses tell which
    /// samples were together.
    @Test(arguments: [nil, 3]) func everySampleOnceInAnotherOrder(ranks: Int?) throws {
        try Workplace.with { place in
            let run = try place.lockstep(
                ["train", "--model", "linear", "--data", place.data, "--run", place.path("run"), "--learning-rate", "0"]
                    + ["--epochs", "3", "--log-every", "1"], ranks: ranks)
            expectSuccess(run)
            let metrics = try MetricsRows(place.path("run/metrics.csv"))
            let epochs = metrics.of("train")
            #expect(epochs.map(\.samples) == [600, 600, 600])
            // Another order puts a sample into another row of a matrix product: its last bits may differ.
            let first = try #require(epochs.first).lossValue
            for epoch in epochs { #expect(isClose(epoch.lossValue, first, relative: 1e-6), "\(epochs)") }
            for epoch in 1...3 {
                let steps = metrics.of("step").filter { $0.epoch == epoch }
                #expect(steps.count == 10)
                let others = metrics.of("step").filter { $0.epoch != epoch }
                for step in steps {
                    #expect(!others.contains { isClose($0.lossValue, step.lossValue, relative: 1e-7) }, "the same samples: \(step)")
                }
            }
            let checkpoint = place.checkpoint(run: "run", step: 30)
            let evaluation = try place.lockstep(["evaluate", checkpoint, "--split", "training"])
            expectSuccess(evaluation)
            let loss = evaluation.lines.compactMap { $0.wholeMatch(of: /loss (.+)/) }.first.flatMap { Double($0.1) }
            #expect(isClose(try #require(loss), first, relative: 1e-6), "\(evaluation.report)")
        }
    }

    /// The last batch of an epoch, of 24 samples, is the same step whether it is short of 64 or a full batch of 24.
    @Test func aShortBatchIsDividedByItsOwnSamples() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "short", maxSteps: 9))
            try FileManager.default.copyItem(atPath: place.path("short"), toPath: place.path("full"))
            expectSuccess(try place.resume(run: "short", maxSteps: 10))
            expectSuccess(try place.resume(run: "full", maxSteps: 10, ["--global-batch", "24"]))
            let short = try CheckpointFile(path: place.checkpoint(run: "short", step: 10))
            let full = try CheckpointFile(path: place.checkpoint(run: "full", step: 10))
            for tensor in short.tensors {
                let values = try [short, full].map { try $0.withValues(of: tensor.name, shape: tensor.shape) { Array($0) } }
                #expect(values[0] == values[1], "\(tensor.name)")
            }
            #expect(short.tensors.count == 20)
        }
    }

    /// Images that are held out are validated on and not trained on; decisions hang on them; `evaluate` finds them again.
    @Test func validationImagesAreHeldOutAndDecide() throws {
        try Workplace.with { place in
            let recipe = try place.write(
                """
                experiment:
                  model: linear
                  epochs: 30
                  global-batch: 60
                  early-stopping: 2
                  split: {validation: 150, subset: 0.5}
                  optimiser: {rate: 0.05}
                """, "recipe.yaml")
            let run = try place.lockstep(["train", recipe, "--data", place.data, "--run", place.path("run")], ranks: 2)
            expectSuccess(run)
            #expect(run.standardOutput.contains("early stopping: the validation loss has not fallen below"), "\(run.report)")
            let metrics = try MetricsRows(place.path("run/metrics.csv"))
            let validation = metrics.of("validation")
            #expect(metrics.of("train").allSatisfy { $0.samples == 225 } && validation.allSatisfy { $0.samples == 150 })
            let best = try #require(validation.min { $0.lossValue < $1.lossValue })
            #expect(validation.count == best.epoch + 2 && metrics.of("test").count == validation.count, "\(validation)")
            let checkpoint = place.path("run/checkpoints/best.safetensors")
            let evaluation = try place.lockstep(["evaluate", checkpoint, "--data", place.data, "--split", "validation"])
            #expect(evaluation.lines.contains("loss \(best.loss)"), "\(evaluation.report)")
            let other = try place.lockstep(["train", "--resume", "--run", place.path("run"), "--validation", "100"])
            expectFailure(other, code: 64, "holds 150 images out", "leave --validation and --subset as they were")
            let none = try place.lockstep(["train", "--model", "linear", "--data", place.data, "--validation", "600"])
            expectFailure(none, code: 64, "found 600", "fewer than the 600 training images")
        }
    }

    /// The checkpoint of the smallest test loss stays, whatever the newest are; training ends when no epoch has been better for a while.
    @Test func bestStaysAndEarlyStoppingEnds() throws {
        try Workplace.with { place in
            let recipe = try place.write(
                """
                experiment:
                  model: linear
                  epochs: 30
                  global-batch: 60
                  early-stopping: 2
                  optimiser: {rate: 0.05}
                """, "recipe.yaml")
            let run = try place.lockstep(
                ["train", recipe, "--data", place.data, "--run", place.path("run"), "--keep", "1"], ranks: 2)
            expectSuccess(run)
            #expect(run.standardOutput.contains("early stopping: the test loss has not fallen below"), "\(run.report)")
            let tests = try MetricsRows(place.path("run/metrics.csv")).of("test")
            let best = try #require(tests.min { $0.lossValue < $1.lossValue })
            // Softmax regression learns this set by heart at once, and gets worse on what it has not seen.
            #expect(tests.count < 30 && tests.count == best.epoch + 2, "\(tests)")
            let evaluation = try place.lockstep(["evaluate", place.path("run/checkpoints/best.safetensors"), "--data", place.data])
            #expect(evaluation.lines.contains("loss \(best.loss)"), "\(evaluation.report)")
        }
    }
}
