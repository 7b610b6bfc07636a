import TestSupport
import Testing

/// Files that are no checkpoints, or not of what they are used with.
@Suite(.serialized, .timeLimit(.minutes(5))) struct BadCheckpointTests {
    @Test func damagedFiles() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", maxSteps: 2))
            let good = place.checkpoint(run: "run", step: 2)
            let bytes = try place.bytes(good)
            let damaged = place.path("damaged.safetensors")
            func evaluate(ranks: Int? = nil) throws -> Subprocess {
                try place.lockstep(["evaluate", damaged, "--data", place.data], ranks: ranks)
            }
            try bytes.prefix(5_000).write(to: .init(fileURLWithPath: damaged))
            expectFailure(try evaluate(), code: 65, "\(damaged) cannot be used as a checkpoint: it is truncated")
            try bytes.prefix(0).write(to: .init(fileURLWithPath: damaged))
            expectFailure(try evaluate(), code: 65, "\(damaged) cannot be used as a checkpoint")
            // One bit in the header, one in a tensor, one in the very last byte.
            for (position, part) in [
                (100, "header"), (200_000, "its tensor \"linear1.weight\" is damaged"), (bytes.count - 1, "is damaged"),
            ] {
                try bytes.write(to: .init(fileURLWithPath: damaged))
                try place.change(damaged) { $0[position] ^= 4 }
                expectFailure(try evaluate(), code: 65, part)
            }
            expectFailure(try evaluate(ranks: 3), code: 65, "is damaged: its CRC-32 is")
            expectFailure(try place.lockstep(["inspect", damaged]), code: 65, "is damaged: its CRC-32 is")
            #expect(try place.bytes(good) == bytes)
        }
    }

    @Test func directoriesAndMissingFiles() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", maxSteps: 2))
            let newest = place.checkpoint(run: "run", step: 2)
            for directory in [place.path("run"), place.path("run/checkpoints")] {
                expectFailure(try place.lockstep(["evaluate", directory]), code: 66, "\(directory) is a directory")
            }
            expectFailure(
                try place.lockstep(["evaluate", place.path("run/checkpoints")]), code: 66, "the newest is \(newest)")
            for command in ["evaluate", "inspect"] {
                expectFailure(try place.lockstep([command, place.path("no")]), code: 66, "there is no checkpoint")
            }
        }
    }

    @Test func ofAnotherModelOrOtherData() throws {
        try Workplace.with { place in
            let digits = place.path("digits")
            try Digits.write(to: digits)
            expectSuccess(
                try place.lockstep(["train", "--model", "lenet5", "--data", digits, "--run", place.path("run"), "--max-steps", "1"])
            )
            let checkpoint = place.checkpoint(run: "run", step: 1)
            for ranks in [nil, 3] {
                expectFailure(
                    try place.lockstep(["evaluate", checkpoint, "--data", place.data], ranks: ranks), code: 64,
                    "holds cifar10", "this checkpoint's lenet5 takes images of 28×28×1 in 10 classes")
            }
            let resume = ["train", "--resume", checkpoint, "--max-steps", "2"]
            expectFailure(try place.lockstep(resume + ["--data", place.data]), code: 64, "this experiment is on mnist")
            expectFailure(
                try place.lockstep(resume + ["--model", "linear"]), code: 64,
                "is of model lenet5, not of the linear that is asked for")
            expectFailure(
                try place.lockstep(["train", "--resume", place.data + "/test_batch.bin"]), code: 65,
                "cannot be used as a checkpoint")
            // What is asked for in vain changes nothing: the run goes on as it would have.
            expectSuccess(try place.lockstep(resume))
        }
    }
}
