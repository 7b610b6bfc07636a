import Foundation
import TestSupport
import Testing

@testable import Recorder

/// Ranks of several hosts see one another over TCP, and end quickly whatever becomes of the other end.
@Suite(.serialized, .timeLimit(.minutes(5))) struct HeartbeatTests {
    @Test func recordsArriveAndAreRenewed() throws {
        try HeartbeatJob.with(hosts: ["a", "b", "c"]) { job in
            job.recorders[0].enter(.loading, step: 5)
            job.recorders[1].enter(.forward, step: 7)
            job.recorders[2].enter(.update, step: 9)
            let listener = try job.listener()
            defer { listener.end() }
            let senders = [1, 2].map { job.sender($0, to: listener.loopback) }
            defer { for sender in senders { sender.end() } }
            for sender in senders { #expect(sender.faultOfFirstConnection(within: 5) == nil) }
            let lookout = job.lookout(listener)
            #expect(comesTrue(within: 5) { lookout.sights().map(\.record?.step) == [nil, 7, 9] })
            #expect(lookout.sights().dropFirst().allSatisfy { $0.life == .alive && $0.lastHeard != nil })
            // A rank that waits hears of all others by rank 0.
            let others = job.lookout(1, senders[0])
            #expect(comesTrue(within: 5) { others.sights().map(\.record?.step) == [5, nil, 9] })
            job.recorders[2].enter(.exchange, step: 10)
            job.recorders[2].note("on the way")
            #expect(comesTrue(within: 5) { lookout.sights()[2].record?.message == "on the way" })
            #expect(comesTrue(within: 5) { others.sights()[2].record?.step == 10 })
        }
    }

    /// A process that is stopped cannot tell so itself; the one beside it does.
    @Test func theNextOfAHostIsToldOf() throws {
        let here = ProcessInfo.processInfo.hostName
        try HeartbeatJob.with(hosts: ["a", here, here]) { job in
            job.recorders[2].enter(.forward, step: 4)
            let listener = try job.listener()
            defer { listener.end() }
            let sender = job.sender(1, to: listener.loopback)
            defer { sender.end() }
            #expect(comesTrue(within: 5) { job.lookout(listener).sights().map(\.record?.step) == [nil, 0, 4] })
        }
    }

    @Test func aRankThatEndsSaysSo() throws {
        try HeartbeatJob.with(hosts: ["a", "b"]) { job in
            let listener = try job.listener()
            let sender = job.sender(1, to: listener.loopback)
            #expect(sender.faultOfFirstConnection(within: 5) == nil)
            job.recorders[1].close("the disk is full")
            sender.end()
            #expect(comesTrue(within: 5) { job.lookout(listener).sights()[1].record?.message == "the disk is full" })
            #expect(job.lookout(listener).sights()[1].life == .ended)
            listener.end()
        }
    }

    /// Its system closes the connection of a process that is no more; the last that was heard is kept.
    @Test func aRankThatIsGoneIsNoMore() throws {
        try HeartbeatJob.with(hosts: ["a", "b"]) { job in
            job.recorders[1].enter(.backward, step: 3)
            let listener = try job.listener()
            defer { listener.end() }
            let sender = job.sender(1, to: listener.loopback)
            #expect(comesTrue(within: 5) { job.lookout(listener).sights()[1].life == .alive })
            sender.end()
            #expect(comesTrue(within: 5) { job.lookout(listener).sights()[1].life == .gone })
            #expect(job.lookout(listener).sights()[1].record?.step == 3)
        }
    }

    @Test func rankZeroThatIsGoneIsNoMore() throws {
        try HeartbeatJob.with(hosts: ["a", "b", "c"]) { job in
            let listener = try job.listener()
            let senders = [1, 2].map { job.sender($0, to: listener.loopback) }
            let lookout = job.lookout(1, senders[0])
            #expect(comesTrue(within: 5) { lookout.sights().map(\.life) == [.alive, .elsewhere, .alive] })
            listener.end()
            #expect(comesTrue(within: 5) { lookout.sights()[0].life == .gone })
            let start = Date()
            for sender in senders { sender.end() }
            #expect(Date().timeIntervalSince(start) < 2)
        }
    }

    /// Where nothing answers (RFC 5737 keeps this network for documents), and where something else does.
    @Test(arguments: ["192.0.2.1", "127.0.0.1", "no-such-host.invalid"]) func nobodyThere(address: String) throws {
        try HeartbeatJob.with(hosts: ["a", "b"]) { job in
            let listener = try job.listener()
            var invitation = listener.invitation
            invitation.addresses = [address]
            listener.end()
            let sender = job.sender(1, to: invitation)
            let fault = sender.faultOfFirstConnection(within: 6)
            #expect(fault != nil)
            #expect(job.lookout(1, sender).sights().allSatisfy { $0.record == nil })
            let start = Date()
            sender.end()
            #expect(Date().timeIntervalSince(start) < 2)
        }
    }

    /// The loopback leads every host to itself, and is not offered.
    @Test func theLoopbackIsNotOffered() {
        #expect(SocketAddress.numbersOfThisHost().allSatisfy { !$0.hasPrefix("127.") && $0 != "::1" && !$0.hasPrefix("fe80") })
        for number in SocketAddress.numbersOfThisHost() { #expect(SocketAddress.resolved(number, port: "1").count == 1) }
    }
}
