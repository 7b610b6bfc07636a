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
                    if let found = try? claims.take(trial, over: 0), found == 1 {
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
            #expect(try claims.take("t", over: 0) == 1)
            #expect(try Claims(directory: directory).take("t", over: 1) == nil)
        }
    }

    /// Of several that find an owner dead, one gets the trial.
    @Test func theDeadAreTakenOverOnce() throws {
        try withTemporaryDirectory { directory in
            // A number that no process has, since Linux's go up to 4,194,304; and one that a process has which began at another time.
            for (trial, id) in [("a", Int32.max), ("b", getpid())] {
                try plant("\(directory)/\(trial).1", host: ProcessInfo.processInfo.hostName, id: id)
                let winners = Mutex(0)
                let claims = try (0..<4).map { _ in try Claims(directory: directory) }
                DispatchQueue.concurrentPerform(iterations: 4) { index in
                    if let number = try? claims[index].take(trial, over: 1) {
                        #expect(number == 2)
                        winners.withLock { $0 += 1 }
                    }
                }
                #expect(winners.withLock { $0 } == 1, "\(trial)")
                #expect(try claims[0].standing()[trial] == 2)
            }
        }
    }

    /// Of another host only the age of its last touch is known.
    @Test func otherHostsAreJudgedByAge() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/t.1"
            try plant(path, host: "another", id: 1)
            let claims = try Claims(directory: directory)
            #expect(try claims.take("t", over: 1) == nil)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -2 * Claims.patience)], ofItemAtPath: path)
            #expect(try claims.take("t", over: 1) == 2)
        }
    }

    private func plant(_ path: String, host: String, id: Int32) throws {
        let text = #"{"host": "\#(host)", "process": {"id": \#(id), "start": 1}}"#
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
}
