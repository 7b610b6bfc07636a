import Diagnostics
import Foundation
import Testing

@testable import Recorder

@Suite struct FlightRecordTests {
    /// The bytes of a record as a writer leaves them, at a given path.
    private func sample(_ path: String) throws -> [UInt8] {
        let recorder = try FlightRecorder(path: path, rank: 2, size: 4, host: "node7")
        recorder.enter(.exchange, step: 812)
        for number in 1...5 {
            recorder.collectiveEntered(kind: .allReduce, count: 62_001 + number)
            recorder.collectiveLeft()
        }
        return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private func withPath(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("record-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private func changed(_ bytes: [UInt8], _ offset: Int, _ replacement: [UInt8]) -> [UInt8] {
        var bytes = bytes
        bytes.replaceSubrange(offset..<offset + replacement.count, with: replacement)
        return bytes
    }

    @Test func descriptionIsOneLine() throws {
        try withPath { path in
            let record = try FlightRecord(bytes: try sample(path))
            let line = record.description(at: record.since + 41_900_000_000)
            #expect(line == "rank 2 on node7 (pid \(getpid())): step 812, exchange for 41 s, last all-reduce #5 of 62,006 values")

            let bytes = changed(
                try sample(path), RecordLayout.slotOffset(5) + RecordLayout.Slot.leftOffset, Array(repeating: 0, count: 8))
            let waiting = try FlightRecord(bytes: changed(changed(bytes, 56, [17, 0, 0, 0]), 80, [5, 0, 0, 0, 2, 0, 0, 0]))
            let end = waiting.collectives[4].entered + 3_250_000_000
            #expect(
                waiting.description(at: end).hasSuffix(
                    "step 812, exchange (operation 17) for 3.2 s, in all-reduce #5 of 62,006 values for 3.2 s:   "))
            // A clock that was set back is no trap.
            #expect(record.description(at: 0).contains("exchange for 0.0 s"))
        }
    }

    @Test func wordsOfDurations() {
        let durations: [(UInt64, String)] = [
            (0, "0.0 s"), (9_990, "9.9 s"), (10_000, "10 s"), (119_999, "119 s"), (120_000, "2 min"), (7_199_999, "119 min"),
            (7_200_000, "2 h"),
        ]
        for (milliseconds, text) in durations { #expect(durationText(from: 5, to: 5 + milliseconds * 1_000_000) == text) }
        #expect(durationText(from: 0, to: .max) == "5124095 h")
    }

    @Test func hostileRecordsAreRefused() throws {
        let all: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
        let cases: [(offset: Int, bytes: [UInt8], message: String)] = [
            (0, [0], "LOCKSTEP"), (8, [3], "version 3"), (12, [0, 0], "another size"), (16, [4], "rank 4 of 4"),
            (20, [0], "rank 2 of 0"), (20, Array(all.prefix(4)), "of 4294967295"), (24, [0, 0, 0, 0], "process 0"),
            (24, Array(all.prefix(4)), "process 4294967295"), (28, [11], "unknown number 11"), (40, all, "its step is"),
            (48, all, "its epoch is"), (80, [1, 1], "name has 257 bytes"), (84, [1, 4], "message has 1025 bytes"),
            (80, Array(all.prefix(4)), "name has"), (84, Array(all.prefix(4)), "message has"), (88, [0xff], "not text"),
            (88, [0x1b], "not text"), (344, [2], "collective 2 stands in slot 0"), (344, all, "stands in slot 0"),
            (352, [9], "unknown kind 9"),
        ]
        try withPath { path in
            let whole = try sample(path)
            for (offset, replacement, message) in cases {
                try Data(changed(whole, offset, replacement)).write(to: URL(fileURLWithPath: path))
                let failure = #expect(throws: Failure.self, "\(message)") { try FlightRecord.read(path) }
                #expect(failure?.kind == .badData && failure?.description.hasPrefix(path) == true)
                #expect(failure?.description.contains(message) == true, "\(failure?.description ?? "")")
            }
            for count in [0, 1, 4095, 4097] {
                try Data((whole + [0]).prefix(count)).write(to: URL(fileURLWithPath: path))
                let failure = #expect(throws: Failure.self) { try FlightRecord.read(path) }
                #expect(failure?.description.contains("not a file of 4096 bytes") == true)
            }
        }
    }

    /// Whatever stands in it, a record is read or refused, and can be described.
    @Test func noBytesCrashTheReader() throws {
        try withPath { path in
            let whole = try sample(path)
            var generator = Numbers(state: 7)
            var (accepted, refused) = (0, 0)
            for _ in 0..<20_000 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    bytes[Int.random(in: 0..<RecordLayout.messageOffset + 8, using: &generator)] = UInt8.random(
                        in: 0...255, using: &generator)
                }
                do throws(RecordFault) {
                    let record = try FlightRecord(bytes: bytes)
                    #expect(!record.description.contains("\n"))
                    accepted += 1
                } catch {
                    refused += 1
                }
            }
            #expect(accepted > 100 && refused > 100)
        }
    }

    @Test func messageThatIsHalfWrittenIsMended() throws {
        try withPath { path in
            let bytes = changed(changed(try sample(path), 84, [4]), RecordLayout.messageOffset, [0x61, 0xc3, 0x1b, 0x62])
            #expect(try FlightRecord(bytes: bytes).message == "a\u{fffd} b")
        }
    }

    @Test func otherThingsThanRecordsAreRefused() throws {
        try withPath { path in
            let missing = #expect(throws: Failure.self) { try FlightRecord.read(path) }
            #expect(missing?.kind == .missing && missing?.description.contains(path) == true)
            #expect(mkfifo(path, 0o600) == 0)
            let pipe = #expect(throws: Failure.self) { try FlightRecord.read(path) }
            #expect(pipe?.kind == .badData)
            let directory = #expect(throws: Failure.self) { try FlightRecord.read("/tmp") }
            #expect(directory?.kind == .badData)
        }
    }
}

/// A small generator (SplitMix64), so that a failing case comes again.
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
