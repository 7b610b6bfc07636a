import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import Checkpoints

@Suite(.timeLimit(.minutes(3))) struct CheckpointWriterTests {
    /// The values that were there when it was asked, whatever is done to them afterwards.
    @Test func theCopyIsWritten() throws {
        try withTemporaryDirectory { directory in
            let writer = CheckpointWriter(CheckpointStore(directory: "\(directory)/checkpoints", keep: 2))
            let tensors = Tensors.large(300_000)
            let expected = "\(directory)/expected"
            try tensors.write(to: expected)
            writer.write(Checkpoint(tensors: tensors.named, experiment: "{}", position: "{}"), step: 7, isBest: true)
            UnsafeMutableBufferPointer(mutating: tensors.named[0].values).update(repeating: -1)
            let outcomes = writer.finish()
            #expect(outcomes.map(\.step) == [7] && writer.newestWritten == 7 && writer.lostNewest == nil)
            let path = try #require(try outcomes.first?.result.get())
            #expect(try contents(of: path) == contents(of: expected))
            #expect(try contents(of: "\(directory)/checkpoints/best.safetensors") == contents(of: expected))
            #expect(writer.outcomes().isEmpty)
        }
    }

    /// A directory that cannot be written to costs its checkpoints; those before it stand, and those after it are written.
    @Test func aLostCheckpointIsTold() throws {
        try withTemporaryDirectory { directory in
            let store = CheckpointStore(directory: "\(directory)/checkpoints", keep: 3)
            let writer = CheckpointWriter(store)
            let tensors = Tensors.tiny()
            let checkpoint = Checkpoint(tensors: tensors.named, experiment: "{}", position: "{}")
            func write(_ step: Int) -> [CheckpointWriter.Outcome] {
                writer.write(checkpoint, step: step, isBest: false)
                return writer.finish()
            }
            _ = write(1)
            try FileManager.default.moveItem(atPath: store.directory, toPath: "\(directory)/aside")
            try Data().write(to: URL(fileURLWithPath: store.directory))
            let lost = write(2)
            #expect(lost.count == 1 && writer.newestWritten == 1 && writer.lostNewest?.kind == .io)
            try FileManager.default.removeItem(atPath: store.directory)
            try FileManager.default.moveItem(atPath: "\(directory)/aside", toPath: store.directory)
            _ = write(3)
            #expect(writer.newestWritten == 3 && writer.lostNewest == nil)
            #expect(try store.steps() == [1, 3])
        }
    }
}
