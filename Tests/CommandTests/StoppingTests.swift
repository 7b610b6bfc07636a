import Foundation
import TestSupport
import Testing

/// Training that is asked to stop: all ranks end behind the same step, with a checkpoint and exit code 75, and it can be gone on with.
@Suite(.serialized, .timeLimit(.minutes(5))) struct StoppingTests {
    /// Runs until the checkpoint's step of an undisturbed run is that of the resumed one.
    private func expectGoesOn(
        _ place: Workplace, run: String, ranks: Int, parallelism: String = "replicated",
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: place.path("\(run)/checkpoints")).filter {
            $0.hasPrefix("step-")
        }
        let stopped = try #require(names.compactMap { Int($0.dropFirst(5).prefix(8)) }.max())
        let end = stopped + 3
        expectSuccess(try place.resume(run: run, maxSteps: end, ranks: ranks), at: location)
        expectSuccess(
            try place.train(run: "undisturbed", maxSteps: end, ranks: ranks, ["--epochs", "100000", "--parallelism", parallelism]),
            at: location)
        #expect(
            try place.bytes(place.checkpoint(run: run, step: end)) == place.bytes(place.checkpoint(run: "undisturbed", step: end)),
            sourceLocation: location)
        let rows = try MetricsRows(place.path("\(run)/metrics.csv")).rows.filter { $0.split == "step" }.map(\.step)
        #expect(rows == Array(1...end), sourceLocation: location)
    }

    @Test(arguments: [(1, "replicated"), (3, "replicated"), (2, "sharded"), (2, "hybrid")])
    func theTimeLimitIsKept(ranks: Int, parallelism: String) throws {
        try Workplace.with { place in
            let run = try place.train(
                run: "run", maxSteps: 1_000_000, ranks: ranks,
                ["--epochs", "100000", "--time-limit", "1s", "--parallelism", parallelism])
            #expect(run.exitCode == 75 && !run.timedOut && run.leftovers.isEmpty, "\(run.report)")
            #expect(
                run.standardError.contains(#/stopped after step \d+[\d,]* of 1,000,000 by the time limit of 1s; /#), "\(run.report)"
            )
            #expect(!run.standardError.contains("error: ") && !place.exists("run/failure.json"), "\(run.report)")
            try expectGoesOn(place, run: "run", ranks: ranks, parallelism: parallelism)
        }
    }

    @Test(arguments: ["USR1", "TERM", "INT"]) func aSignalIsHeard(signal: String) throws {
        try Workplace.with { place in
            let train = place.training(run: "run", maxSteps: 1_000_000) + ["--epochs", "100000"]
            let run = try Subprocess.run(
                "timeout", ["--foreground", "--signal", signal, "1.5", try buildProduct(named: "lockstep")] + train,
                environment: Subprocess.cleanEnvironment(), timeLimit: 60)
            // What `timeout` says where its time was up.
            #expect(run.exitCode == 124 && run.leftovers.isEmpty, "\(run.report)")
            #expect(
                run.standardError.contains("stopped after step ") && run.standardError.contains(" by SIG\(signal); "),
                "\(run.report)")
            try expectGoesOn(place, run: "run", ranks: 1)
        }
    }

    /// mpirun hands SIGUSR1 on.
    @Test func mpirunIsTold() throws {
        try Workplace.with { place in
            let train = place.training(run: "run", maxSteps: 1_000_000) + ["--epochs", "100000"]
            let permission = ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]
            // A process that a thread of Dispatch's starts begins with signals blocked, and mpirun leaves SIGUSR1 so.
            let unblocked =
                "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.execvp(sys.argv[1], sys.argv[1:])"
            let run = try Subprocess.run(
                "python3",
                ["-c", unblocked, "timeout", "--foreground", "--preserve-status", "--signal", "USR1", "3"]
                    + ["mpirun", "-np", "2", "--oversubscribe"]
                    + [try buildProduct(named: "lockstep")] + train,
                environment: Subprocess.cleanEnvironment().merging(geteuid() == 0 ? permission : [:]) { $1 })
            #expect(run.exitCode == 75 && run.leftovers.isEmpty, "\(run.report)")
            #expect(
                run.standardError.components(separatedBy: " by SIGUSR1; the newest checkpoint holds it").count == 2, "\(run.report)"
            )
            try expectGoesOn(place, run: "run", ranks: 2)
        }
    }

    /// A parameter that a step made infinite, which no loss has shown yet.
    @Test func whatDivergedReachesNoCheckpoint() throws {
        try Workplace.with { place in
            let run = try place.lockstep(
                place.training(run: "run") + ["--checkpoint-every", "4"],
                environment: ["LOCKSTEP_FAULT": "overflow:0:8:linear1.weight"])
            expectFailure(run, code: 76, "step 8: after it, linear1.weight is not a finite number")
            let names = try FileManager.default.contentsOfDirectory(atPath: place.path("run/checkpoints"))
            #expect(names == ["step-00000004.safetensors"], "\(names)")
        }
    }

    @Test func checkpointsAreWrittenBetweenEpochs() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "steps", maxSteps: 9, ranks: 2, ["--checkpoint-every", "4"]))
            let names = try FileManager.default.contentsOfDirectory(atPath: place.path("steps/checkpoints"))
            #expect(
                Set(names).isSuperset(of: ["step-00000004.safetensors", "step-00000008.safetensors", "step-00000009.safetensors"]))
            expectFailure(
                try place.train(run: "wrong", ["--checkpoint-every", "soon"]), code: 64, "--checkpoint-every")
        }
    }
}
