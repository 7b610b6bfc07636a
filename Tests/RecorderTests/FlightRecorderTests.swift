import Diagnostics
import Foundation
import Testing

@testable import Recorder
import TestSupport

private func contents(of path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

@Suite struct FlightRecorderTests {
    @Test func everythingCanBeReadWhileTheWriterLives() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/rank-2.recorder"
            let recorder = try FlightRecorder(path: path, rank: 2, size: 4, host: "nœud7")
            let start = try FlightRecord.read(path)
            #expect(start.rank == 2 && start.size == 4 && start.process == getpid() && start.host == "nœud7")
            #expect(start.phase == .starting && start.step == 0 && start.epoch == 0 && start.operation == nil)
            #expect(start.sequence == 0 && start.collectives.isEmpty && start.message.isEmpty)
            let now = UInt64(Date().timeIntervalSince1970 * 1e9)
            #expect(start.started <= now && start.started > now - 60_000_000_000 && start.since == start.started)

            recorder.begin(epoch: 3)
            recorder.enter(.exchange, step: 812, operation: 17)
            #expect(recorder.collectiveEntered(kind: .allReduce, count: 62_006) == 1)
            recorder.note("a\tnote: ü")
            let record = try FlightRecord.read(path)
            #expect(record.phase == .exchange && record.step == 812 && record.epoch == 3 && record.operation == 17)
            #expect(record.since >= start.since && record.started == start.started)
            #expect(record.message == "a note: ü")
            let collective = try #require(record.collectives.first)
            #expect(
                collective.sequence == 1 && collective.kind == .allReduce && collective.count == 62_006 && collective.left == nil)
            #expect(collective.entered >= record.since)

            recorder.collectiveLeft()
            recorder.note("shorter")
            recorder.close("all 900 steps done")
            let end = try FlightRecord.read(path)
            #expect(end.phase == .ended && end.message == "all 900 steps done" && end.step == 812)
            #expect(end.collectives.first.map { ($0.left ?? 0) >= $0.entered } == true)
            withExtendedLifetime(recorder) {}
        }
    }

    @Test func lastEightCollectivesStay() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/rank-0.recorder"
            let recorder = try FlightRecorder(path: path, rank: 0, size: 1, host: "here")
            for count in 1...21 {
                recorder.collectiveEntered(kind: count % 2 == 0 ? .barrier : .allReduce, count: count * 10)
                if count != 18 { recorder.collectiveLeft() }
                let record = try FlightRecord.read(path)
                #expect(record.sequence == UInt64(count))
                #expect(record.collectives.map(\.sequence) == (max(1, count - 7)...count).map { UInt64($0) })
                for collective in record.collectives {
                    #expect(
                        collective.count == collective.sequence * 10
                            && collective.kind == (collective.sequence % 2 == 0 ? .barrier : .allReduce))
                    #expect((collective.left == nil) == (collective.sequence == 18))
                }
            }
            // Several under way, left in another order; one whose place is taken is passed over.
            recorder.collectiveLeft(18)
            recorder.collectiveLeft(2)
            #expect(try FlightRecord.read(path).collectives.allSatisfy { $0.left != nil })
        }
    }

    @Test func textsAreCutBetweenCharacters() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/rank-0.recorder"
            let recorder = try FlightRecorder(path: path, rank: 0, size: 1, host: "x" + String(repeating: "é", count: 200))
            recorder.note("x" + String(repeating: "🙂", count: 400))
            let record = try FlightRecord.read(path)
            #expect(record.host == "x" + String(repeating: "é", count: 127))
            #expect(record.message == "x" + String(repeating: "🙂", count: 255))
        }
    }

    @Test func earlierRecordIsReplacedAndItsWriterUnharmed() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/rank-0.recorder"
            let first = try FlightRecorder(path: path, rank: 0, size: 8, host: "first")
            try Data([1]).write(to: URL(fileURLWithPath: "\(path).new"))
            let second = try FlightRecorder(path: path, rank: 0, size: 2, host: "second")
            first.enter(.update, step: 1)
            #expect(try FlightRecord.read(path).host == "second" && FlightRecord.read(path).phase == .starting)
            second.enter(.loading, step: 2)
            #expect(try FlightRecord.read(path).step == 2)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["rank-0.recorder"])
        }
    }

    @Test func recordsThatCannotBeMadeAreFailures() throws {
        try withTemporaryDirectory { directory in
            try Data([1]).write(to: URL(fileURLWithPath: "\(directory)/file"))
            let file = #expect(throws: Failure.self) {
                try FlightRecorder(path: "\(directory)/file/rank-0.recorder", rank: 0, size: 1, host: "")
            }
            #expect(file?.kind == .io && file?.description.contains("\(directory)/file/rank-0.recorder: Not a directory") == true)
            let none = #expect(throws: Failure.self) {
                try FlightRecorder(path: "\(directory)/none/rank-0.recorder", rank: 0, size: 1, host: "")
            }
            #expect(none?.kind == .missing)
        }
    }

    /// A real SIGKILL in the middle of a stream of stores. The child of fork uses nothing but the recorder, which does not allocate.
    @Test func recordOutlivesSigkill() throws {
        typealias Fork = @convention(c) () -> pid_t
        // Swift hides fork, for what it does to threads and locks; a child that only stores and reads the clock needs neither.
        let symbol = try #require(dlsym(dlopen(nil, RTLD_NOW), "fork"))
        let fork = unsafeBitCast(symbol, to: Fork.self)
        try withTemporaryDirectory { directory in
            let path = "\(directory)/rank-1.recorder"
            let recorder = try FlightRecorder(path: path, rank: 1, size: 2, host: "here")
            let child = fork()
            if child == 0 {
                alarm(60)  // Should its parent die first.
                var step = 0
                while true {
                    step += 1
                    recorder.enter(.exchange, step: step, operation: 3)
                    recorder.collectiveEntered(kind: .allReduce, count: step)
                    recorder.collectiveLeft()
                }
            }
            try #require(child > 0)
            let deadline = ContinuousClock.now + .seconds(30)
            while ContinuousClock.now < deadline, let record = try? FlightRecord.read(path), record.step < 100_000 {}
            kill(child, SIGKILL)
            var status: Int32 = 0
            #expect(waitpid(child, &status, 0) == child && status & 0x7f == SIGKILL)
            let record = try FlightRecord.read(path)
            #expect(record.phase == .exchange && record.step >= 100_000 && record.operation == 3)
            #expect(Int(record.sequence) == record.step || Int(record.sequence) == record.step - 1)
            #expect(record.collectives.count >= 7 && record.collectives.allSatisfy { $0.count == $0.sequence })
            #expect(record == (try FlightRecord.read(path)), "the dead do not move")
        }
    }

    /// Bounds with room for a busy machine; the costs themselves are printed.
    @Test func hotCallsCostLittle() throws {
        try withTemporaryDirectory { directory in
            let recorder = try FlightRecorder(path: "\(directory)/rank-0.recorder", rank: 0, size: 1, host: "here")
            let count = 200_000
            func nanoseconds(_ body: (Int) -> Void) -> Double {
                let elapsed = ContinuousClock().measure { for index in 0..<count { body(index) } }
                return (elapsed / .nanoseconds(1)) / Double(count)
            }
            let clock = nanoseconds { _ in
                var time = timespec()
                clock_gettime(CLOCK_REALTIME, &time)
            }
            let enter = nanoseconds { recorder.enter(.forward, step: $0, operation: 5) }
            let collective = nanoseconds {
                recorder.collectiveEntered(kind: .allReduce, count: $0)
                recorder.collectiveLeft()
            }
            print("recorder: clock_gettime \(clock) ns, enter \(enter) ns, collective entered and left \(collective) ns")
            #expect(enter < 1000 && collective < 2000)
        }
    }
}
