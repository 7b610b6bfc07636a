import Foundation
import TestSupport
import Testing

/// A start that does not get on ends by the deadline, and whoever keeps the others waiting is named.
@Suite(.serialized, .timeLimit(.minutes(3))) struct StartUpTests {
    @Test(arguments: [
        (2, "rank 0 on ", " waits for rank 2 and has heard nothing 3 s after this stage of the start began (--deadline)"),
        (0, "on ", " waits for rank 0 and has heard nothing 4 s after this stage of the start began (--deadline)"),
    ]) func aRankThatIsStopped(rank: Int, subject: String, words: String) throws {
        try Workplace.with { place in
            let run = try place.lockstep(
                place.training(run: "run") + ["--deadline", "2s"], ranks: 4, environment: ["LOCKSTEP_FAULT": "absent:\(rank)"])
            #expect(run.exitCode == 81 && !run.timedOut && run.leftovers.isEmpty && run.duration < 20, "\(run.report)")
            #expect(run.standardError.contains(subject) && run.standardError.contains(words), "\(run.report)")
            #expect(!place.exists("run"))
        }
    }

    /// A process that hangs before it comes to MPI, where all others wait for it.
    @Test(arguments: [2, 0]) func aProcessThatNeverStartsMPI(absent: Int) throws {
        try Workplace.with { place in
            let script = "[ $OMPI_COMM_WORLD_RANK != \(absent) ] || exec sleep 600; exec \"$@\""
            let command = [try buildProduct(named: "lockstep")] + place.training(run: "run") + ["--deadline", "2s"]
            let run = try mpirun(ranks: 3, "/bin/bash", ["-c", script, "-"] + command, environment: Subprocess.cleanEnvironment())
            #expect(run.exitCode == 81 && !run.timedOut && run.leftovers.isEmpty && run.duration < 40, "\(run.report)")
            #expect(run.standardError.contains("MPI has not started within 17s (--deadline and 15s)"), "\(run.report)")
            #expect(absent == 0 || run.standardError.contains("error: rank 0 on "), "\(run.report)")
        }
    }

    /// A file that never answers, as on a network file system whose server is gone.
    @Test func dataThatAreNotRead() throws {
        try Workplace.with { place in
            let labels = place.path("data/data_batch_3.bin")
            try FileManager.default.removeItem(atPath: labels)
            try #require(mkfifo(labels, 0o600) == 0)
            let run = try place.lockstep(place.training(run: "run") + ["--deadline", "2s"], ranks: 2)
            #expect(run.exitCode == 81 && !run.timedOut && run.leftovers.isEmpty && run.duration < 20, "\(run.report)")
            #expect(
                run.standardError.contains(" opens the data set, and has not ended it 2 s after this stage of the start began"),
                "\(run.report)")
        }
    }
}
