import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import EventLog

@Suite struct EventFileTests {
    private static let time = 1_700_000_000.25

    /// Every kind of record, byte for byte as TensorBoard's own code makes it.
    @Test func recordsAreThoseOfTensorBoard() throws {
        let golden = try EventBytes.golden()
        func expect(_ name: String, at location: SourceLocation = #_sourceLocation, _ write: (EventFile) throws -> Void) throws {
            try withTemporaryDirectory { directory in
                let file = try EventFile(directory: directory, host: "node", goingOnAfter: 40) { Self.time }
                try write(file)
                let found = try Data(contentsOf: URL(fileURLWithPath: file.path))
                let expected = try ["version", "start", name].reduce(into: Data()) { $0 += try #require(golden[$1], "\($1)") }
                #expect(found.starts(with: expected), "\(name)", sourceLocation: location)
            }
        }
        try expect("scalars") { try $0.append([.scalar("loss/train", 2.302585), .scalar("accuracy/train", 0)], step: 40) }
        try expect("image") {
            try $0.append([.image("filters/convolution1", png: Array(0..<16), height: 2, width: 3, channels: 3)], step: 40)
        }
        func histogram(_ values: [Float]) throws -> EventValue {
            try .histogram("parameters/w", values.withUnsafeBufferPointer { Histogram(of: $0) })
        }
        try expect("histogram") { try $0.append([histogram((0..<500).map { Float(37 * $0 % 101 - 50) / 64 })], step: 7) }
        try expect("histogram-equal") { try $0.append([histogram(Array(repeating: 0.25, count: 9))], step: 7) }
        let settings: [String: HyperParameter] = [
            "optimiser.rate": .number(0.01), "model.name": .text("lenet5"), "optimiser.nesterov": .truth(false),
        ]
        let metrics = [ShownMetric(tag: "accuracy/test", title: "accuracy, test")]
        try expect("experiment") { try $0.appendSettings(settings, metrics: metrics) }
        let start = HyperParameterMessages.start(settings, at: Self.time)
        try expect("session-start") { try $0.append([.hyperParameters("session_start_info", start)], step: 0) }
        try expect("session-end") { try $0.append(.success) }
    }

    /// What was written comes back from the bytes, and what a message of TensorBoard's holds too.
    @Test func messagesComeBack() throws {
        for (name, bytes) in try EventBytes.golden() {
            let data = try EventBytes.data(of: RecordFile(bytes))[0]
            let event = try TensorBoardEvent(serializedBytes: data)
            #expect(event.unknownFields.data.isEmpty, "\(name)")
            #expect(try event.serializedBytes(options: .deterministic) as [UInt8] == data, "\(name)")
        }
    }

    /// A run that goes on: its file is read last, be it that the clock stands still or was set back.
    @Test func laterFilesComeLaterByName() throws {
        try withTemporaryDirectory { directory in
            var paths: [String] = []
            for (time, step) in [(Self.time, 0), (Self.time, 10), (Self.time - 5_000, 20), (Self.time + 60, 30)] {
                let file = try EventFile(directory: directory, host: "a/b node", goingOnAfter: step) { time }
                let events = try EventBytes.data(of: RecordFile(path: file.path)).map { try TensorBoardEvent(serializedBytes: $0) }
                #expect(events.map(\.fileVersion) == ["brain.Event:2", ""])
                #expect(events[1].sessionLog.status == .start && events[1].step == Int64(step + 1))
                paths.append(file.path)
            }
            #expect(paths == paths.sorted() && Set(paths).count == 4, "\(paths)")
            #expect(paths[0] == "\(directory)/events.out.tfevents.1700000000.a-b-node.\(getpid())")
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).count == 4)
        }
    }

    @Test func whatCannotBeWritten() throws {
        #expect(throws: Failure.self) { try EventFile(directory: "/proc/no-such-directory", host: "node", goingOnAfter: 0) }
        // A full disk, as the kernel plays it.
        let full = open("/dev/full", O_WRONLY)
        let failure = #expect(throws: Failure.self) {
            try EventFile(path: "/dev/full", descriptor: full, goingOnAfter: 0) { Self.time }
        }
        #expect(failure?.kind == .io && failure?.description == "/dev/full cannot be written: No space left on device")
    }
}
