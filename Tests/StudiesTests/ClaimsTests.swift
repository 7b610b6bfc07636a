import Cluster
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Studies

@Suite struct ClaimsTests {
    /// Eight threads fight for a hundred trials: each trial has one owner.
    @Test func eachTrialIsTakenOnce() throws {
        try withTemporaryDirectory { directory in
            let claims = try Claims(directory: directory)
            let taken = Mutex<[String: Int]>([:])
            DispatchQueue.concurrentPerform(iterations: 8) { worker in
                for number in 0..<100 {
                    let trial = "trial-\((number * 37 + worker * 11) % 100)"
                    // What was found a moment ago may be taken by now.
                    if let found = try? claims.take(trial, over: 0), found.number == 1 {
                        taken.withLock { $0[trial, default: 0] += 1 }
                    }
                }
            }
            #expect(taken.withLock { $0 }.count == 100)
            #expect(taken.withLock { $0 }.values.allSatisfy { $0 == 1 })
            #expect(try claims.standing().values.allSatisfy { $0 == 1 })
        }
    }

    @Test func theLivingKeepWhatTheyHave() throws {
        try withTemporaryDirectory { directory in
            let claims = try Claims(directory: directory)
            #expect(try claims.take("t", over: 0)?.number == 1)
            #expect(try Claims(directory: directory).take("t", over: 1) == nil)
        }
    }

    /// Of several that find an owner dead, one gets the trial.
    @Test func theDeadAreTakenOverOnce() throws {
        try withTemporaryDirectory { directory in
            // A number that no process has, since Linux's go up to 4,194,304; and one that a process has which began at another time.
            for (trial, id) in [("a", Int32.max), ("b", getpid())] {
                try plant("\(directory)/\(trial).1", host: .current, id: id)
                let winners = Mutex(0)
                let claims = try (0..<4).map { _ in try Claims(directory: directory) }
                DispatchQueue.concurrentPerform(iterations: 4) { index in
                    if let claim = try? claims[index].take(trial, over: 1) {
                        #expect(claim.number == 2)
                        winners.withLock { $0 += 1 }
                    }
                }
                #expect(winners.withLock { $0 } == 1, "\(trial)")
                #expect(try claims[0].standing()[trial] == 2)
            }
        }
    }

    private static let elsewhere: [HostIdentity] = {
        let here = HostIdentity.current
        return [
            HostIdentity(name: "another", boot: here.boot, processNamespace: here.processNamespace),
            // Machines that were made alike have one name; so has this one after it was started again.
            HostIdentity(name: here.name, boot: "another", processNamespace: here.processNamespace),
            HostIdentity(name: here.name, boot: here.boot, processNamespace: "pid:[1]"),
            // Nothing tells these apart from others of their name.
            HostIdentity(name: here.name, boot: "", processNamespace: ""),
        ]
    }()

    /// Of another host only the age of its last touch is known, whatever process here has the owner's number.
    @Test(arguments: elsewhere) func otherHostsAreJudgedByAge(host: HostIdentity) throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/t.1"
            try plant(path, host: host, id: Int32.max)
            let claims = try Claims(directory: directory)
            #expect(try claims.take("t", over: 1) == nil)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -2 * Claims.patience)], ofItemAtPath: path)
            #expect(try claims.take("t", over: 1)?.number == 2)
            // What asked the file system's clock is gone.
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["t.1", "t.2"])
        }
    }

    /// The kernel tells who this is.
    @Test func thisHostIsKnown() {
        let here = HostIdentity.current
        #expect(here.boot.count == 36 && here.processNamespace.hasPrefix("pid:["))
        #expect(here.sharesProcesses(with: .current))
    }

    /// What is given up is free while its owner lives.
    @Test func whatIsGivenUpIsTaken() throws {
        try withTemporaryDirectory { directory in
            let claims = try Claims(directory: directory)
            let claim = try #require(try claims.take("t", over: 0))
            claims.giveUp(claim)
            let other = try Claims(directory: directory)
            #expect(try other.take("t", over: try other.standing()["t"] ?? 0)?.number == 1)
        }
    }

    /// An owner that was taken for dead and is not: its job is told to end, and nothing of it is good any more.
    @Test func theOvertakenEnd() throws {
        try withTemporaryDirectory { directory in
            let claims = try Claims(directory: directory)
            let (lost, kept) = (try #require(try claims.take("lost", over: 0)), try #require(try claims.take("kept", over: 0)))
            #expect(lost.isGood && kept.isGood)
            try plant("\(directory)/lost.2", host: Self.elsewhere[0], id: 1)
            #expect(lost.isLost && !lost.isGood)
            let patience = Date(timeIntervalSinceNow: 20)
            while !lost.ending.isAsked, Date() < patience { Thread.sleep(forTimeInterval: 0.05) }
            #expect(lost.ending.isAsked && kept.isGood)
        }
    }

    /// A claim that comes after the end of all is told so, too.
    @Test func jobsEndTogether() throws {
        try withTemporaryDirectory { directory in
            let claims = try Claims(directory: directory)
            let before = try #require(try claims.take("before", over: 0))
            claims.endJobs()
            let after = try #require(try claims.take("after", over: 0))
            #expect(before.ending.isAsked && after.ending.isAsked)
        }
    }

    private func plant(_ path: String, host: HostIdentity, id: Int32) throws {
        let host = String(decoding: try JSONEncoder().encode(host), as: UTF8.self)
        let text = #"{"host": \#(host), "process": {"id": \#(id), "start": 1}}"#
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
}
