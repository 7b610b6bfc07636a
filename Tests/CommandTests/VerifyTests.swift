import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct VerifyTests {
    @Test func rankCountsAreCompared() throws {
        try Workplace.with(training: 100, test: 20) { place in
            let run = try place.lockstep(
                [
                    "verify", "--np", "1,2,3", "--runs", place.path("runs"), "--model", "lenet5", "--data", place.data,
                    "--max-steps", "3",
                ])
            expectSuccess(run)
            let digests = run.lines.compactMap { $0.firstMatch(of: #/[0-9a-f]{64}/#).map { String($0.0) } }
            #expect(digests.count == 3 && Set(digests).count == 1, "\(run.report)")
            #expect(run.lines.last == "the same in every bit")
            #expect(place.exists("runs/np-3/metrics.csv"))
        }
    }

    @Test func whatCannotBeVerified() throws {
        try Workplace.with(training: 100, test: 20) { place in
            for counts in ["1", "1,1", "1,1,2", "1,4097", "1,,2"] {
                expectFailure(
                    try place.lockstep(["verify", "--np", counts]), code: 64,
                    "--np: found '\(counts)', expected two or more different rank counts from 1 to 4096")
            }
            // More ranks than micro-batches: the run's own message, with its own code.
            let run = try place.lockstep(
                [
                    "verify", "--np", "1,9", "--runs", place.path("runs"), "--model", "lenet5", "--data", place.data, "--max-steps",
                    "1",
                ])
            expectFailure(run, code: 64, "the training at 9 ranks ended with exit code", "9 ranks cannot share 8 micro-batches")
        }
    }
}
