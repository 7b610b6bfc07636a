import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import Recorder

/// What a record tells of the process that keeps it.
@Suite struct FlightRecordLifeTests {
    private func life(host: String = hostName, _ change: (inout [UInt8]) -> Void) throws -> FlightRecord.Life {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/rank-0.recorder"
            let recorder = try FlightRecorder(path: path, rank: 0, size: 1, host: host)
            recorder.enter(.forward, step: 3)
            var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
            change(&bytes)
            return try FlightRecord(bytes: bytes).life
        }
    }

    private static var hostName: String { ProcessInfo.processInfo.hostName }

    private func store(_ number: some FixedWidthInteger, at offset: Int, in bytes: inout [UInt8]) {
        withUnsafeBytes(of: number) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }

    @Test func thisProcessLives() throws {
        #expect(try life { _ in } == .alive)
    }

    @Test func aClosedRecordHasEnded() throws {
        #expect(try life { bytes in store(Phase.ended.rawValue, at: RecordLayout.phaseOffset, in: &bytes) } == .ended)
    }

    @Test func anotherHostIsElsewhere() throws {
        #expect(try life(host: "no-such-host") { _ in } == .elsewhere)
    }

    @Test func aProcessThatEndedIsGone() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/true")
        try process.run()
        process.waitUntilExit()
        let found = try life { bytes in store(process.processIdentifier, at: RecordLayout.processOffset, in: &bytes) }
        #expect(found == .gone)
    }

    /// A process that was started at another time is another one with the same number; what the host's clock says does not count.
    @Test func aNumberThatWasGivenAgainIsNotTheProcess() throws {
        let found = try life { bytes in store(UInt64(1), at: RecordLayout.processStartOffset, in: &bytes) }
        #expect(found == .gone)
        #expect(try life { bytes in store(UInt64(1_000_000_000), at: RecordLayout.startedOffset, in: &bytes) } == .alive)
    }
}
