import Foundation
import TestSupport
import Testing

@testable import Recorder

/// Who is at fault, concluded from what four ranks' records say; a record's life is given, for all are kept by this one process.
@Suite struct DiagnosisTests {
    private static let completion = "trained to the end"

    /// - Parameter change: what a rank does, by its number; all are in the exchange of step 812, waiting in all-reduce #2, at first.
    private func diagnosis(
        lives: [Int: FlightRecord.Life] = [:], missing: Set<Int> = [], _ change: (Int, FlightRecorder) -> Void = { _, _ in }
    ) throws -> Diagnosis {
        try withTemporaryDirectory { directory in
            let now = UInt64(Date().timeIntervalSince1970 * 1e9)
            let sights = try (0..<4).map { rank in
                let path = "\(directory)/rank-\(rank).recorder"
                let recorder = try FlightRecorder(path: path, rank: rank, size: 4, host: "node\(rank / 2)")
                recorder.collectiveEntered(kind: .broadcast, count: 1)
                recorder.collectiveLeft()
                recorder.enter(.exchange, step: 812)
                recorder.collectiveEntered(kind: .allReduce, count: 62_006)
                change(rank, recorder)
                return RankSight(
                    rank: rank, record: missing.contains(rank) ? nil : try FlightRecord.read(path), life: lives[rank] ?? .alive,
                    lastHeard: rank / 2 == 0 ? nil : .init(by: "node0", at: now))
            }
            return Diagnosis(sights, completions: [Self.completion], at: now + 41_500_000_000)
        }
    }

    @Test func aRankThatLoadsDataIsWaitedFor() throws {
        let found = try diagnosis { rank, recorder in
            if rank == 2 {
                recorder.collectiveLeft()
                recorder.enter(.loading, step: 813)
            }
        }
        #expect(found == Diagnosis(cause: .busy, ranks: [2], text: "rank 2 on node1 has been in loading of step 813 for 41 s"))
    }

    /// Gradients of its last layers may be under way while it computes those of the first.
    @Test func aRankThatComputesBesideAnExchangeIsBusy() throws {
        let found = try diagnosis { rank, recorder in if rank == 1 { recorder.enter(.backward, step: 812) } }
        #expect(found.cause == .busy && found.ranks == [1])
    }

    @Test func aKilledRankIsLost() throws {
        let found = try diagnosis(lives: [3: .gone])
        #expect(
            found
                == Diagnosis(
                    cause: .lost, ranks: [3],
                    text: "rank 3 on node1 was killed (SIGKILL, perhaps for memory), in exchange of step 812"))
    }

    /// mpirun kills the others for it; the one that noted its own signal is the cause.
    @Test func ofManyLostTheOneWithAFaultOfItsOwn() throws {
        let found = try diagnosis(lives: [0: .gone, 1: .gone, 2: .gone, 3: .gone]) { rank, recorder in
            if rank == 1 { recorder.note("ended by SIGSEGV: an illegal access to memory") }
        }
        #expect(found.cause == .lost && found.ranks == [1] && found.text.contains("SIGSEGV"))
    }

    @Test func aRankWithAnErrorComesBeforeThoseThatWereEndedForIt() throws {
        let found = try diagnosis(lives: [0: .gone, 2: .ended, 3: .ended]) { rank, recorder in
            if rank == 2 { recorder.close("the disk is full") }
            if rank == 3 { recorder.close(Self.completion) }
        }
        #expect(found == Diagnosis(cause: .failed, ranks: [2], text: "rank 2 on node1: the disk is full"))
    }

    @Test func aStoppedRankIsNamed() throws {
        let found = try diagnosis(lives: [1: .stopped])
        #expect(found.cause == .stopped && found.ranks == [1] && found.text.contains("SIGSTOP"))
    }

    /// All wait in the same collective; the one that is not heard of is why.
    @Test func aRankOfAnotherHostThatIsNotHeardOfIsNamed() throws {
        let found = try diagnosis(lives: [2: .unheard])
        #expect(found.cause == .silent && found.ranks == [2])
        #expect(
            found.text.hasPrefix(
                "rank 2 on node1 was not heard by node0 for 41 s (it is stopped, or its host or what connects the two is down)"))
        // One that is seen to be at work on something else is why, whatever the network lets through.
        let besideABusyOne = try diagnosis(lives: [2: .unheard]) { rank, recorder in
            if rank == 1 {
                recorder.collectiveLeft()
                recorder.enter(.loading, step: 813)
            }
        }
        #expect(besideABusyOne.cause == .busy && besideABusyOne.ranks == [1])
        // What is certain comes first.
        #expect(try diagnosis(lives: [2: .unheard, 3: .gone]).ranks == [3])
    }

    @Test(arguments: [true, false]) func collectivesThatDoNotFit(byCount: Bool) throws {
        let found = try diagnosis { rank, recorder in
            guard rank != 0 else { return }
            recorder.collectiveLeft()
            recorder.collectiveEntered(kind: byCount ? .allReduce : .allGather, count: byCount ? 10 : 62_006)
            recorder.collectiveLeft()
            recorder.collectiveEntered(kind: .barrier, count: 4)
        }
        // Rank 0 is behind: nothing is concluded from collectives of other numbers.
        #expect(found.cause == .behind && found.ranks == [0])
        let same = try diagnosis { rank, recorder in
            recorder.collectiveLeft()
            if rank == 0 {
                recorder.collectiveEntered(kind: .allReduce, count: 62_006)
            } else {
                recorder.collectiveEntered(kind: byCount ? .allReduce : .allGather, count: byCount ? 10 : 62_006)
            }
        }
        #expect(same.cause == .mismatch && same.ranks == [0, 1, 2, 3])
        #expect(same.text.contains("rank 0 on node0 is in all-reduce #3 of 62,006 values"))
        #expect(same.text.contains("rank 3 on node1 is in \(byCount ? "all-reduce #3 of 10" : "all-gather #3 of 62,006") values"))
    }

    /// A bucket that was started before is still under way: the one that does not fit is a later one.
    @Test func aMisfitBehindABucketUnderWay() throws {
        let found = try diagnosis { rank, recorder in
            recorder.collectiveEntered(kind: rank == 2 ? .barrier : .allReduce, count: rank == 2 ? 4 : 10)
        }
        #expect(found.cause == .mismatch && found.text.contains("rank 2 on node1 is in barrier #3 of 4 values"))
        #expect(found.text.contains("rank 0 on node0 is in all-reduce #3 of 10 values"))
    }

    @Test func aHostThatIsGoneTakesItsRanksWithIt() throws {
        try withTemporaryDirectory { directory in
            let sights = try (0..<4).map { rank in
                let path = "\(directory)/rank-\(rank).recorder"
                let recorder = try FlightRecorder(path: path, rank: rank, size: 4, host: "node\(rank / 2)")
                return withExtendedLifetime(recorder) { RankSight(rank: rank, record: try? FlightRecord.read(path), life: .gone) }
            }
            let found = Diagnosis(lostHosts: ["node1"], sights: sights)
            #expect(found == Diagnosis(cause: .lost, ranks: [2, 3], text: "no answer from node1, which ranks 2, 3 ran on"))
        }
    }

    @Test func aRankWithoutARecordIsSilent() throws {
        let found = try diagnosis(missing: [3])
        #expect(found == Diagnosis(cause: .silent, ranks: [3], text: "rank 3 says nothing"))
    }

    @Test func whereAllWaitInTheSameTheConnectionIsAtFault() throws {
        let found = try diagnosis()
        #expect(found.cause == .connection && found.ranks == [0, 1, 2, 3] && found.text.contains("hosts node0, node1"))
    }

    @Test func whereAllAreBusyEachIsNamed() throws {
        let found = try diagnosis { _, recorder in recorder.enter(.loading, step: 812) }
        #expect(found.cause == .busy && found.ranks == [0, 1, 2, 3])
        #expect(found.text.contains("rank 3 on node1 has been in loading of step 812 for"))
    }

    @Test func theFirstReportStands() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/failure.json"
            let sights = [RankSight(rank: 0, record: nil)]
            func report(_ text: String) -> FailureReport {
                FailureReport(
                    Diagnosis(cause: .silent, ranks: [0], text: text), sights: sights, exitCode: 81, at: 1_700_000_000_000_000_000)
            }
            #expect(try FailureReport.read(path) == nil)
            #expect(try report("first").write(to: path))
            #expect(try !report("second").write(to: path))
            let read = try #require(try FailureReport.read(path))
            #expect(read.reason == "first" && read.exitCode == 81 && read.time == "2023-11-14T22:13:20Z" && read.culprits == [0])
            #expect(read.table == "first\n  rank 0: says nothing")
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["failure.json"])
        }
    }
}
