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
