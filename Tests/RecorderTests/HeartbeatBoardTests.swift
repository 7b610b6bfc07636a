import Foundation
import TestSupport
import Testing

@testable import Recorder

/// What is concluded from heartbeats, with time as the tests have it.
@Suite struct HeartbeatBoardTests {
    private static let second: UInt64 = 1_000_000_000
    /// An hour after the host began, by a clock that says 1,000,000 s.
    private static func moment(after seconds: Double) -> Moment {
        Moment(time: 1_000_000 * second + UInt64(seconds * 1e9), uptime: 3600 * second + UInt64(seconds * 1e9))
    }

    /// - Parameter ahead: seconds by which the other host's clock is ahead of this one's.
    private func heartbeat(
        _ job: HeartbeatJob, _ rank: Int, ahead: Int64 = 0, age: UInt64 = 0, life: UInt32 = 1
    ) throws -> Heartbeat {
        var bytes = try Heartbeat(of: job.recorders[rank].pulse).bytes
        func store(_ number: some FixedWidthInteger, at offset: Int) {
            withUnsafeBytes(of: number) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
        }
        let taken = UInt64(Int64(Self.moment(after: 0).time) + ahead * Int64(Self.second))
        store(life, at: 0)
        store(taken, at: 8)
        store(age, at: 16)
        // It came into its phase 20 s before.
        store(taken - 20 * Self.second, at: 24 + RecordLayout.sinceOffset)
        return try Heartbeat(bytes: bytes[...])
    }

    @Test func bytesAreReadAsTheyWereWritten() throws {
        try HeartbeatJob.with(hosts: ["a", "b"]) { job in
            job.recorders[1].enter(.exchange, step: 12)
            job.recorders[1].collectiveEntered(kind: .allReduce, count: 62_006)
            let frame = HeartbeatFrame(wantsAll: true, heartbeats: [try heartbeat(job, 0), try heartbeat(job, 1, age: 5)])
            for count in 0..<frame.bytes.count where count % 97 == 0 || count < 16 {
                #expect(try HeartbeatFrame(startOf: Array(frame.bytes.prefix(count)), limit: 2) == nil)
            }
            #expect(try HeartbeatFrame(startOf: frame.bytes + [1, 2, 3], limit: 2) == frame)
            #expect(throws: RecordFault.self) { try HeartbeatFrame(startOf: frame.bytes, limit: 1) }
        }
    }

    /// How long a rank has been in its phase does not depend on what its host takes for the time.
    @Test(arguments: [Int64(0), 7200, -7200]) func clocksOfHostsMayDiffer(ahead: Int64) throws {
        try HeartbeatJob.with(hosts: ["a", "b"]) { job in
            let board = HeartbeatBoard(relay: nil)
            // Three seconds under way, as who passed it on tells, and one here.
            board.post(try heartbeat(job, 1, ahead: ahead, age: 3 * Self.second), at: Self.moment(after: 3))
            let lookout = Lookout(hosts: job.hosts, rank: 0, board: board) { _ in "/no/such/directory" }
            let sight = lookout.sight(of: 1, at: Self.moment(after: 4))
            #expect(sight.record?.since == Self.moment(after: 0).time - 20 * Self.second)
            #expect(sight.lastHeard?.time == Self.moment(after: 0).time && sight.life == .alive)
        }
    }

    @Test func silenceGrows() throws {
        try HeartbeatJob.with(hosts: ["a", "b"]) { job in
            let board = HeartbeatBoard(relay: nil)
            board.post(try heartbeat(job, 1), at: Self.moment(after: 0))
            let lookout = Lookout(hosts: job.hosts, rank: 0, board: board) { _ in "/no/such/directory" }
            #expect(lookout.sight(of: 1, at: Self.moment(after: 4.9)).life == .alive)
            let sight = lookout.sight(of: 1, at: Self.moment(after: 11))
            #expect(sight.life == .unheard)
            #expect(sight.description(at: Self.moment(after: 11).time).hasSuffix("; not heard by a for 11 s"))
            // Who passes it on tells the same.
            let passedOn = try #require(board.heartbeat(of: 1, at: Self.moment(after: 11)))
            #expect(passedOn.age == 11 * Self.second && passedOn.life == .alive)
            board.post(try heartbeat(job, 1), at: Self.moment(after: 12))
            #expect(lookout.sight(of: 1, at: Self.moment(after: 13)).life == .alive)
        }
    }

    @Test func aClosedConnectionIsAnEndUnlessItIsMadeAgain() throws {
        try HeartbeatJob.with(hosts: ["a", "b"]) { job in
            let board = HeartbeatBoard(relay: nil)
            board.post(try heartbeat(job, 1), at: Self.moment(after: 0))
            board.noteClosed(1, at: Self.moment(after: 0.5))
            #expect(board.heard(of: 1, at: Self.moment(after: 0.7))?.life == .alive)
            #expect(board.heard(of: 1, at: Self.moment(after: 0.9))?.life == .gone)
            #expect(board.heartbeat(of: 1, at: Self.moment(after: 0.9))?.life == .gone)
            board.noteOpened(1)
            #expect(board.heard(of: 1, at: Self.moment(after: 1.7))?.life == .alive)
            // One that had told its end stays ended, and one that is stopped was seen so by its neighbour.
            for (code, life) in [(UInt32(0), FlightRecord.Life.ended), (2, .stopped), (3, .gone)] {
                board.post(try heartbeat(job, 1, life: code), at: Self.moment(after: 2))
                board.noteClosed(1, at: Self.moment(after: 2))
                #expect(board.heard(of: 1, at: Self.moment(after: 60))?.life == life)
            }
        }
    }

    /// Where rank 0 is silent, nothing is concluded about those whose news it passes on.
    @Test func theSilenceOfRankZeroIsItsOwn() throws {
        try HeartbeatJob.with(hosts: ["a", "b", "c"]) { job in
            let board = HeartbeatBoard(relay: 0)
            for rank in [0, 2] { board.post(try heartbeat(job, rank), at: Self.moment(after: 0)) }
            func lives(after seconds: Double) -> [FlightRecord.Life?] {
                [0, 2].map { board.heard(of: $0, at: Self.moment(after: seconds))?.life }
            }
            #expect(lives(after: 4) == [.alive, .alive])
            #expect(lives(after: 9) == [.unheard, .elsewhere])
            board.post(try heartbeat(job, 0), at: Self.moment(after: 9))
            #expect(lives(after: 10) == [.alive, .unheard])
            board.forgetAll(but: 0)
            #expect(lives(after: 10) == [.alive, nil])
        }
    }

    /// The signal that ended a process stands in its file alone, where that can be seen.
    @Test func aFileThatKnowsMoreIsRead() throws {
        try HeartbeatJob.with(hosts: ["a", "b"]) { job in
            let board = HeartbeatBoard(relay: nil)
            board.post(try Heartbeat(of: job.recorders[1].pulse), at: Self.moment(after: 0))
            job.recorders[1].note("ended by SIGSEGV: an illegal access to memory")
            let lookout = Lookout(hosts: job.hosts, rank: 0, board: board, path: job.path)
            #expect(lookout.sight(of: 1, at: Self.moment(after: 1)).record?.message == "")
            board.noteClosed(1, at: Self.moment(after: 1))
            let sight = lookout.sight(of: 1, at: Self.moment(after: 3))
            #expect(sight.life == .gone && sight.record?.message.hasPrefix("ended by SIGSEGV") == true)
        }
    }

    /// A rank that nothing was heard of is looked for in its file, as are those of the same host.
    @Test func withoutHeartbeatsFilesAreRead() throws {
        try HeartbeatJob.with(hosts: ["a", "b"]) { job in
            job.recorders[1].enter(.forward, step: 6)
            let lookout = Lookout(hosts: job.hosts, rank: 0, board: HeartbeatBoard(relay: nil), path: job.path)
            #expect(lookout.sights().map(\.record?.step) == [0, 6])
            #expect(lookout.sights().map(\.lastHeard) == [nil, nil])
        }
    }
}
