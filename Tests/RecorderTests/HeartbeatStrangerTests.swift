import Foundation
import TestSupport
import Testing

@testable import Recorder

/// Whoever connects and does not say what a rank of this run says is shown out, and those of the run are heard all the same.
@Suite(.serialized, .timeLimit(.minutes(5))) struct HeartbeatStrangerTests {
    /// One who says `words` in turn, as far as the connection lets it.
    ///
    /// - Returns: whether the other end closed the connection, and what it had answered.
    private func says(_ words: [[UInt8]], to invitation: HeartbeatInvitation) throws -> (isClosed: Bool, answer: [UInt8]) {
        let address = try #require(SocketAddress.resolved("127.0.0.1", port: invitation.port).first)
        let connection = TCPConnection(try #require(TCPConnection.socket(address.family)))
        #expect(fcntl(connection.descriptor, F_GETFD) & FD_CLOEXEC != 0)
        _ = address.withPointer { connect(connection.descriptor, $0, $1) }
        for word in words {
            _ = comesTrue(within: 1) {
                connection.send(word)
                return connection.state != .broken
            }
            usleep(20_000)
        }
        let isClosed = comesTrue(within: 2) {
            connection.flush()
            connection.receive(upTo: 1 << 20)
            return connection.state != .open
        }
        return (isClosed, connection.received)
    }

    private func withListener(_ body: (HeartbeatJob, HeartbeatListener) throws -> Void) throws {
        try HeartbeatJob.with(hosts: ["a", "b", "c"]) { job in
            let listener = try job.listener()
            defer { listener.end() }
            try body(job, listener)
            // It hears who belongs to it whatever came before.
            let sender = job.sender(1, to: listener.loopback)
            defer { sender.end() }
            #expect(comesTrue(within: 5) { job.lookout(listener).sights()[1].life == .alive })
            #expect(job.lookout(listener).sights()[2].record == nil)
        }
    }

    @Test func anotherRunsWordIsRefused() throws {
        try withListener { job, listener in
            for place in 0..<HeartbeatInvitation.greetingByteCount {
                var greeting = listener.invitation.greeting(rank: 1, size: 3)
                greeting[place] ^= 1 << UInt8(hashedInteger(below: 8, index: place, stream: 1))
                // Another rank's number is as good a greeting.
                if 8..<12 ~= place, greeting[8] < 3, greeting[9...11].allSatisfy({ $0 == 0 }) { continue }
                let frame = HeartbeatFrame(wantsAll: false, heartbeats: [try Heartbeat(of: job.recorders[2].pulse)])
                let (isClosed, answer) = try says([greeting, frame.bytes], to: listener.invitation)
                #expect(isClosed && answer.isEmpty, "byte \(place)")
            }
        }
    }

    @Test(arguments: 0..<8) func nonsenseIsRefused(seed: Int) throws {
        try withListener { _, listener in
            let count = 12 + hashedInteger(below: 5_000, index: seed, stream: 2)
            let nonsense = (0..<count).map { UInt8(hashedInteger(below: 256, index: $0, stream: 100 + seed)) }
            let (isClosed, answer) = try says([listener.invitation.greeting(rank: 2, size: 3), nonsense], to: listener.invitation)
            #expect(isClosed && answer == listener.invitation.answer)
        }
    }

    @Test func framesOfAnImpossibleKindAreRefused() throws {
        try withListener { job, listener in
            let greeting = listener.invitation.greeting(rank: 2, size: 3)
            let heartbeats = try job.recorders.map { try Heartbeat(of: $0.pulse) }
            let whole = HeartbeatFrame(wantsAll: false, heartbeats: [heartbeats[2]]).bytes
            var (life, record) = (whole, whole)
            life[12] = 9
            record[12 + 24 + RecordLayout.magicOffset] ^= 1
            let kinds = [
                HeartbeatFrame(wantsAll: false, heartbeats: heartbeats).bytes,
                // One of another host speaks for itself.
                HeartbeatFrame(wantsAll: false, heartbeats: [heartbeats[1]]).bytes, life, record,
            ]
            for kind in kinds { #expect(try says([greeting, kind], to: listener.invitation).isClosed) }
        }
    }

    /// A message that ends in its middle is none, in whatever pieces it came.
    @Test(arguments: [1, 11, 12, 13, 1731]) func halfOfAMessageIsNone(count: Int) throws {
        try withListener { job, listener in
            let greeting = listener.invitation.greeting(rank: 2, size: 3)
            let frame = HeartbeatFrame(wantsAll: false, heartbeats: [try Heartbeat(of: job.recorders[2].pulse)]).bytes
            #expect(frame.count == 1732)
            let (isClosed, _) = try says([greeting, Array(frame.prefix(count))], to: listener.invitation)
            #expect(!isClosed)
        }
    }

    /// One who connects and keeps silent does not keep its place.
    @Test func silenceIsShownOut() throws {
        try withListener { _, listener in
            let address = try #require(SocketAddress.resolved("127.0.0.1", port: listener.invitation.port).first)
            let connection = TCPConnection(try #require(TCPConnection.socket(address.family)))
            _ = address.withPointer { connect(connection.descriptor, $0, $1) }
            #expect(
                comesTrue(within: 10) {
                    connection.receive(upTo: 1)
                    return connection.state == .closed
                })
        }
    }
}
