import Foundation
import TestSupport
import Testing

/// A supervised job: started again where that helps, to the bytes of an undisturbed run.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LaunchTests {
    private func launch(
        _ place: Workplace, ranks: Int, options: [String] = [], _ train: [String], fault: String? = nil
    ) throws -> Subprocess {
        try place.lockstep(
            ["launch", "-np", "\(ranks)"] + options + ["--"] + train, environment: fault.map { ["LOCKSTEP_FAULT": $0] } ?? [:])
    }

    @Test(arguments: ["kill:1:15:#3", "stop:0:15:#1", "throw:2:15:#5", "segv:2:4:#0"])
    func aFailedJobIsStartedAgain(fault: String) throws {
        try Workplace.with { place in
            let more = ["--reproducible", "--checkpoint-every", "4", "--deadline", "2s"]
            let run = try launch(place, ranks: 3, place.training(run: "run") + more, fault: fault)
            expectSuccess(run)
            #expect(run.standardError.contains("launch: attempt 1 failed"), "\(run.report)")
            #expect(run.standardError.contains("launch: attempt 2 of 4: 3 ranks, from "), "\(run.report)")
            expectSuccess(try place.train(run: "undisturbed", more))
            #expect(
                try place.bytes(place.checkpoint(run: "run", step: 20))
                    == place.bytes(place.checkpoint(run: "undisturbed", step: 20)))
            #expect(
                try MetricsRows(place.path("run/metrics.csv")).rows == MetricsRows(place.path("undisturbed/metrics.csv")).rows)
        }
    }

    @Test func whatCannotBeHelpedIsNotTriedAgain() throws {
        try Workplace.with { place in
            let run = try launch(
                place, ranks: 2, place.training(run: "run") + ["--learning-rate", "1e30"])
            #expect(run.exitCode == 76 && run.leftovers.isEmpty, "\(run.report)")
            #expect(run.standardError.components(separatedBy: "launch: attempt ").count == 3, "\(run.report)")
            let missing = try launch(
                place, ranks: 2, ["train", "--model", "lenet5", "--data", "none", "--run", "r"])
            #expect(missing.exitCode == 66 && missing.leftovers.isEmpty, "\(missing.report)")
            // What ranks agree on before their first step, when their records are there already.
            try FileManager.default.createDirectory(atPath: place.path("log/metrics.csv"), withIntermediateDirectories: true)
            let log = try launch(place, ranks: 2, place.training(run: "log"))
            #expect(log.exitCode == 74 && log.leftovers.isEmpty, "\(log.report)")
            #expect(log.standardError.components(separatedBy: "launch: attempt ").count == 2, "\(log.report)")
            #expect(!log.standardError.contains("killed"), "\(log.report)")
        }
    }

    /// The time limit is the job's, not each attempt's.
    @Test func laterAttemptsHaveTheTimeThatIsLeft() throws {
        try Workplace.with { place in
            let path = try shadowMPI(place, "echo \"$@\" >>'\(place.path("jobs"))'; sleep 2\nmpirun \"$@\"\n")
            let run = try place.lockstep(
                ["launch", "-np", "2", "--"] + place.training(run: "run") + ["--time-limit", "2m"],
                environment: ["LOCKSTEP_FAULT": "kill:1:15:#3", "PATH": path])
            expectSuccess(run)
            let limits = try String(contentsOfFile: place.path("jobs"), encoding: .utf8).matches(of: /--time-limit (\d+)s/)
                .compactMap { Int($0.1) }
            #expect(limits.count == 2 && limits[0] == 120 && (60...118).contains(limits[1]), "\(limits)")
        }
    }

    /// The signal comes while it looks which hosts are left.
    @Test func aSignalBetweenTwoAttemptsIsHeard() throws {
        try Workplace.with { place in
            let hosts = place.path("hosts")
            try Data("localhost slots=2\n".utf8).write(to: URL(fileURLWithPath: hosts))
            let path = try shadowMPI(
                place, "case \"$*\" in *--timeout*) kill -USR1 $PPID; sleep 1;; *) mpirun --oversubscribe \"$@\";; esac\n")
            let options = ["launch", "-np", "2", "--hostfile", hosts, "--"]
            let run = try place.lockstep(
                options + place.training(run: "run"), environment: ["LOCKSTEP_FAULT": "kill:1:15:#3", "PATH": path])
            #expect(run.exitCode == 75 && run.leftovers.isEmpty, "\(run.report)")
            #expect(run.standardError.contains("launch: was asked to stop before another attempt"), "\(run.report)")
            #expect(run.standardError.contains("launch: attempt 1 failed"), "\(run.report)")
            #expect(!run.standardError.contains("launch: attempt 2"), "\(run.report)")
            expectSuccess(try launch(place, ranks: 2, place.training(run: "run")))
        }
    }

    /// Puts a script of bash where `mpirun` is looked for, which finds the real one by that name.
    ///
    /// - Returns: the PATH on which it is.
    private func shadowMPI(_ place: Workplace, _ script: String) throws -> String {
        let usual = Subprocess.cleanEnvironment()["PATH"] ?? ""
        let folder = place.path("bin")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("#!/bin/bash\nPATH='\(usual)'\n\(script)".utf8).write(to: URL(fileURLWithPath: "\(folder)/mpirun"))
        chmod("\(folder)/mpirun", 0o755)
        return "\(folder):\(usual)"
    }

    @Test func attemptsAreCounted() throws {
        try Workplace.with { place in
            let run = try launch(
                place, ranks: 2, options: ["--max-restarts", "0"], place.training(run: "run"), fault: "kill:1:15:#3")
            #expect(run.exitCode == 80 && run.leftovers.isEmpty, "\(run.report)")
            // The same line goes on with what stands.
            expectSuccess(try launch(place, ranks: 2, place.training(run: "run")))
            expectFailure(try launch(place, ranks: 2, ["evaluate", "x"]), code: 64, "found 'evaluate x' behind '--'")
            expectFailure(try launch(place, ranks: 2, ["train", "--resume"]), code: 64, "found --resume")
        }
    }

    /// As mpirun is where it cannot tell a host to end its ranks, or be told by it that they have ended.
    @Test(arguments: ["kill:1:15:#3", nil]) func anMpirunThatOutlivesItsRanksIsKilled(fault: String?) throws {
        try Workplace.with { place in
            let path = try shadowMPI(place, "mpirun \"$@\"\nexec sleep 600\n")
            let run = try place.lockstep(
                ["launch", "-np", "2", "--max-restarts", "0", "--"] + place.training(run: "run"),
                environment: (fault.map { ["LOCKSTEP_FAULT": $0] } ?? [:]).merging(["PATH": path]) { $1 })
            #expect(run.exitCode == (fault == nil ? 0 : 80) && run.leftovers.isEmpty && run.duration < 40, "\(run.report)")
            #expect(
                run.standardError.contains("launch: mpirun was killed: it had not ended 10 s behind its job"), "\(run.report)")
            #expect(fault == nil || run.standardError.contains("rank 1 on "), "\(run.report)")
        }
    }

    @Test func aSignalEndsItInGoodOrder() throws {
        try Workplace.with { place in
            let train = place.training(run: "run", maxSteps: 1_000_000) + ["--epochs", "100000"]
            let run = try Subprocess.run(
                "timeout",
                [
                    "--foreground", "--preserve-status", "--signal", "TERM", "4", try buildProduct(named: "lockstep"), "launch",
                    "-np", "2", "--",
                ]
                    + train, environment: Subprocess.cleanEnvironment())
            #expect(run.exitCode == 75 && run.leftovers.isEmpty, "\(run.report)")
            #expect(run.standardError.contains(" by SIGUSR1; the newest checkpoint holds it"), "\(run.report)")
        }
    }

    /// One fault of each kind that needs nothing of the system.
    @Test func theDrillStrikes() throws {
        try withTemporaryDirectory { directory in
            let kinds = ["kill", "error", "short checkpoint", "kill in a write"].flatMap { ["--kind", $0] }
            let run = try Subprocess.run(
                try buildProduct(named: "lockstep"),
                ["drill", "--faults", "4", "--np", "2", "--directory", "\(directory)/drill"] + kinds,
                environment: Subprocess.cleanEnvironment(), timeLimit: 120)
            expectSuccess(run)
            #expect(run.lines.last == "all 4 faults were told, ended and recovered from", "\(run.report)")
        }
    }
}
