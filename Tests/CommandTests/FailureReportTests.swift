import Foundation
import TestSupport
import Testing

/// A job that ends badly says which rank it was, on the terminal and in `failure.json`, whichever rank and wherever.
@Suite(.serialized, .timeLimit(.minutes(5))) struct FailureReportTests {
    private struct Report: Decodable {
        let cause: String
        let culprits: [Int]
        let exitCode: Int32
        let reason: String
        let ranks: [Rank]

        struct Rank: Decodable {
            let rank: Int
            let step: Int?
            let phase: String?
        }
    }

    private func report(_ place: Workplace, run: String = "run") throws -> Report {
        try JSONDecoder().decode(Report.self, from: place.bytes(place.path("\(run)/failure.json")))
    }

    /// - Parameter ranks: 1 to 4; the last of them meets the fault before the third operation of its sixth step.
    private func failed(_ place: Workplace, ranks: Int, fault: String, _ more: [String] = []) throws -> Subprocess {
        try place.lockstep(
            place.training(run: "run", maxSteps: 1_000) + ["--epochs", "1000"] + more, ranks: ranks,
            environment: ["LOCKSTEP_FAULT": fault])
    }

    @Test(arguments: [
        (2, "kill", "was killed (SIGKILL, perhaps for memory)"), (3, "segv", "ended by SIGSEGV: an illegal access to memory"),
        (4, "memory", "ended by SIG"),
    ]) func aRankThatIsLost(ranks: Int, kind: String, words: String) throws {
        try Workplace.with { place in
            let run = try failed(place, ranks: ranks, fault: "\(kind):\(ranks - 1):6:#2")
            #expect(run.exitCode != 0 && !run.timedOut && run.leftovers.isEmpty && run.duration < 15, "\(run.report)")
            let report = try report(place)
            #expect(report.cause == "lost" && report.culprits == [ranks - 1] && report.exitCode == 80, "\(report)")
            #expect(report.reason.contains("rank \(ranks - 1) on ") && report.reason.contains(words), "\(report)")
            #expect(report.ranks.map(\.rank) == Array(0..<ranks) && report.ranks.last?.step == 5, "\(report)")
            #expect(run.standardError.contains("error: \(report.reason)"), "\(run.report)")
        }
    }

    @Test func anErrorOfOneRank() throws {
        try Workplace.with { place in
            let run = try failed(place, ranks: 3, fault: "throw:1:6:#2")
            #expect(run.exitCode == 70 && !run.timedOut && run.leftovers.isEmpty, "\(run.report)")
            let report = try report(place)
            #expect(report.cause == "failed" && report.culprits == [1] && report.exitCode == 70, "\(report)")
        }
    }

    /// Behind the deadline the rank that does not run, or is busy with something else, is named; the others are not.
    @Test(arguments: [("stop:2:6:#2", "stopped", "is stopped (SIGSTOP, or a debugger)"), ("slow:2:30000", "busy", "has been in ")])
    func aRankThatKeepsOthersWaiting(fault: String, cause: String, words: String) throws {
        try Workplace.with { place in
            let run = try failed(place, ranks: 4, fault: fault, ["--deadline", "2s"])
            #expect(run.exitCode == 81 && !run.timedOut && run.leftovers.isEmpty && run.duration < 20, "\(run.report)")
            let report = try report(place)
            #expect(report.cause == cause && report.culprits == [2] && report.exitCode == 81, "\(report)")
            #expect(report.reason.contains("rank 2 on ") && report.reason.contains(words), "\(report)")
            for rank in 0..<4 { #expect(run.standardError.contains("  rank \(rank) on "), "\(run.report)") }
        }
    }

    /// One rank enters a barrier of which the others know nothing: both sides are told, and nobody waits for the deadline.
    @Test(arguments: ["tree", "mpi"]) func ranksInCollectivesThatDoNotFit(exchange: String) throws {
        try Workplace.with { place in
            let run = try failed(place, ranks: 3, fault: "barrier:1:6:#2", ["--exchange", exchange])
            #expect(run.exitCode == 82 && !run.timedOut && run.leftovers.isEmpty && run.duration < 30, "\(run.report)")
            let report = try report(place)
            #expect(report.cause == "mismatch" && report.exitCode == 82 && report.culprits.contains(1), "\(report)")
            #expect(report.reason.contains("is in barrier #") && report.reason.contains("is in all-reduce #"), "\(report)")
        }
    }

    /// What one start left is put aside by the next, and nothing is reported of a run that ends well.
    @Test func reportsAreKept() throws {
        try Workplace.with { place in
            // The checkpoint of the second epoch begins when that of the first is on disk.
            let run = try place.lockstep(
                place.training(run: "run", maxSteps: 30), ranks: 2, environment: ["LOCKSTEP_FAULT": "kill:0:25:#2"])
            #expect(run.exitCode != 0)
            expectSuccess(try place.resume(run: "run", maxSteps: 30, ranks: 2))
            #expect(place.exists("run/failure-1.json") && !place.exists("run/failure.json"))
        }
    }

    @Test(arguments: ["1h", "never"]) func deadlines(text: String) throws {
        try Workplace.with { place in
            let run = try place.train(run: "run", maxSteps: 2, ["--deadline", text])
            if text == "1h" { expectSuccess(run) } else { expectFailure(run, code: 64, "--deadline") }
        }
    }
}
