import Foundation
import TestSupport
import Testing

/// A run that is stopped and gone on with is the run that was never stopped, at whatever number of ranks.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ResumeTests {
    /// Stopped in the middle of the second epoch at 2 ranks, gone on with at 3, 1 and 4.
    @Test func resumesAtAnotherRankCount() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "whole"))
            expectSuccess(try place.train(run: "stopped", maxSteps: 13, ranks: 2))
            let whole = try MetricsRows(place.path("whole/metrics.csv"))
            for ranks in [3, 1, 4] {
                try FileManager.default.copyItem(atPath: place.path("stopped"), toPath: place.path("resumed-\(ranks)"))
                let run = try place.resume(run: "resumed-\(ranks)", ranks: ranks)
                expectSuccess(run)
                #expect(run.standardOutput.contains("step-00000013.safetensors: epoch 2, sample 192, step 13"), "\(run.report)")
                #expect(!run.standardOutput.contains("changed"), "\(run.report)")
                let metrics = try MetricsRows(place.path("resumed-\(ranks)/metrics.csv"))
                expectSameRows(metrics, whole, split: "step")
                // The epoch's row sums up what both processes did.
                let (mine, its) = (try metrics.last("train"), try whole.last("train"))
                #expect(mine.samples == 600 && isClose(mine.lossValue, its.lossValue), "\(mine) and \(its)")
                #expect(isClose(try metrics.last("test").lossValue, try whole.last("test").lossValue))
            }
        }
    }

    /// One rank adds in one order: the very bytes are the same.
    @Test func oneRankGivesTheSameBytes() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "whole"))
            expectSuccess(try place.train(run: "stopped", maxSteps: 4))
            expectSuccess(try place.resume(run: "stopped", maxSteps: 13))
            // By the checkpoint's own path, which is enough to know its run.
            let file = place.checkpoint(run: "stopped", step: 13)
            expectSuccess(try place.lockstep(["train", "--resume", file, "--max-steps", "20"]))
            let final = try place.bytes(place.checkpoint(run: "stopped", step: 20))
            #expect(final == (try place.bytes(place.checkpoint(run: "whole", step: 20))))
            let metrics = try MetricsRows(place.path("stopped/metrics.csv"))
            #expect(metrics.of("step") == (try MetricsRows(place.path("whole/metrics.csv"))).of("step"))
        }
    }

    /// Going back to an earlier checkpoint takes its later steps again, and logs them once.
    @Test func resumingAnEarlierCheckpointDoublesNoRow() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run"))
            let before = try MetricsRows(place.path("run/metrics.csv"))
            let resumed = try place.lockstep(["train", "--resume", place.checkpoint(run: "run", step: 10), "--max-steps", "20"])
            expectSuccess(resumed)
            #expect(resumed.standardError.contains("step-00000020.safetensors.superseded"), "\(resumed.report)")
            #expect(try MetricsRows(place.path("run/metrics.csv")).rows == before.rows)
        }
    }

    /// What is left behind by going back is not what the next resumption takes.
    @Test func goingBackLeavesTheLaterCheckpointsAside() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run"))
            let later = try place.bytes(place.checkpoint(run: "run", step: 20))
            let back = try place.lockstep([
                "train", "--resume", place.checkpoint(run: "run", step: 10), "--learning-rate", "0.001", "--max-steps", "15",
            ])
            expectSuccess(back)
            #expect(back.standardOutput.contains("changed: optimiser.rate: 0.02 → 0.001"), "\(back.report)")
            let next = try place.resume(run: "run", maxSteps: 16)
            #expect(next.standardOutput.contains("step-00000015.safetensors"), "\(next.report)")
            #expect(try place.bytes(place.checkpoint(run: "run", step: 20) + ".superseded") == later)
        }
    }

    /// Epochs are counted in samples: steps of another size do not end them early.
    @Test func anotherGlobalBatchTrainsAllEpochs() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", maxSteps: 10))
            let run = try place.lockstep([
                "train", "--resume", "--run", place.path("run"), "--epochs", "3", "--global-batch", "128",
            ])
            expectSuccess(run)
            #expect(run.standardOutput.contains("epoch 3/3"), "\(run.report)")
            #expect(try MetricsRows(place.path("run/metrics.csv")).last("train").samples == 600)
        }
    }

    /// A run that died before its first checkpoint has nothing to lose: the same command starts it anew.
    @Test func aRunWithoutACheckpointStartsAnew() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", maxSteps: 3))
            try FileManager.default.removeItem(atPath: place.checkpoint(run: "run", step: 3))
            expectSuccess(try place.train(run: "run", maxSteps: 4))
            #expect(try MetricsRows(place.path("run/metrics.csv")).of("step").map(\.step) == [1, 2, 3, 4])
        }
    }

    @Test func aFinishedRunIsLeftAsItIs() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run"))
            let files = ["metrics.csv", "checkpoints/step-00000010.safetensors", "checkpoints/step-00000020.safetensors"]
            let before = try files.map { try place.bytes(place.path("run/\($0)")) }
            let run = try place.resume(run: "run")
            expectSuccess(run)
            #expect(run.standardOutput.contains("nothing is left to do: all 20 steps were taken"), "\(run.report)")
            #expect(try files.map { try place.bytes(place.path("run/\($0)")) } == before)
        }
    }

    @Test(arguments: [nil, 3]) func damagedNewestFallsBack(ranks: Int?) throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run"))
            let whole = try MetricsRows(place.path("run/metrics.csv"))
            let newest = place.checkpoint(run: "run", step: 20)
            try place.change(newest) { $0[100_000] ^= 4 }
            let run = try place.resume(run: "run", ranks: ranks)
            expectSuccess(run)
            #expect(run.standardError.components(separatedBy: "cannot be used as a checkpoint").count == 2, "\(run.report)")
            #expect(run.standardError.contains("\(newest) cannot be used as a checkpoint: its tensor "), "\(run.report)")
            #expect(run.standardOutput.contains("resumed from \(place.checkpoint(run: "run", step: 10))"), "\(run.report)")
            expectSameRows(try MetricsRows(place.path("run/metrics.csv")), whole, split: "step")
        }
    }

    @Test func nothingToResume() throws {
        try Workplace.with { place in
            expectFailure(
                try place.resume(run: "nowhere"), code: 66, "there is nothing to resume in \(place.path("nowhere"))",
                "start anew without --resume")
            #expect(!place.exists("nowhere"))
            expectFailure(try place.lockstep(["train", "--resume"]), code: 64, "give its directory by --run")
            expectFailure(
                try place.lockstep(["train", "--resume", place.path("no.safetensors")]), code: 66, "there is no checkpoint")
        }
    }

    /// Where every checkpoint is damaged, to begin anew is the user's own decision.
    @Test func noGoodCheckpointIsNoNewRun() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", maxSteps: 3))
            let only = place.checkpoint(run: "run", step: 3)
            try place.change(only) { $0.removeLast(10) }
            let before = try place.bytes(place.path("run/metrics.csv"))
            expectFailure(try place.resume(run: "run"), code: 65, "none of the 1 checkpoints in", "is truncated")
            #expect(try place.bytes(place.path("run/metrics.csv")) == before)
        }
    }

    /// What its run.json says of the directory is where the original stands.
    @Test func aCopiedRunGoesOnInItsOwnDirectory() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "original", maxSteps: 3))
            let before = try place.bytes(place.path("original/run.json"))
            try FileManager.default.copyItem(atPath: place.path("original"), toPath: place.path("copy"))
            let file = place.checkpoint(run: "copy", step: 3)
            expectSuccess(try place.lockstep(["train", "--resume", file, "--max-steps", "4"]))
            #expect(FileManager.default.fileExists(atPath: place.checkpoint(run: "copy", step: 4)))
            #expect(!FileManager.default.fileExists(atPath: place.checkpoint(run: "original", step: 4)))
            #expect(try place.bytes(place.path("original/run.json")) == before)
        }
    }

    @Test func anotherRunIsNeverReplaced() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "first", maxSteps: 3))
            expectSuccess(try place.train(run: "second", maxSteps: 2))
            let before = try place.bytes(place.path("second/run.json"))
            expectFailure(try place.train(run: "second"), code: 64, "already holds a run: go on with it by --resume")
            let file = place.checkpoint(run: "first", step: 3)
            let elsewhere = ["train", "--resume", file, "--max-steps", "4", "--run"]
            expectFailure(
                try place.lockstep(elsewhere + [place.path("second")]), code: 64, "holds another run than the checkpoint's")
            #expect(try place.bytes(place.path("second/run.json")) == before)
            // Into a new directory, and into its own by another spelling.
            expectSuccess(try place.lockstep(elsewhere + [place.path("third")]))
            #expect(FileManager.default.fileExists(atPath: place.checkpoint(run: "third", step: 4)))
            expectSuccess(try place.lockstep(elsewhere + [place.path("second/../first/")]))
        }
    }
}
