import Diagnostics
import Foundation
import Testing

@testable import Checkpoints
import TestSupport

@Suite struct CheckpointStoreTests {
    private func write(_ store: CheckpointStore, step: Int, count: Int = 100) throws -> String {
        let tensors = Tensors.large(count, seed: step)
        return try store.write(Checkpoint(tensors: tensors.named, experiment: "{}", position: "\(step)"), step: step)
    }

    private func damage(_ path: String) throws {
        var bytes = try contents(of: path)
        bytes[bytes.count - 5] ^= 4
        try put(bytes, at: path)
    }

    @Test func newestAreKept() throws {
        try withTemporaryDirectory { parent in
            let directory = "\(parent)/checkpoints"
            let store = CheckpointStore(directory: directory, keep: 2)
            #expect(try store.steps() == [])
            #expect(try store.newestGood { _ in } == nil)
            for step in [0, 5, 10, 15] { #expect(try write(store, step: step) == store.path(step: step)) }
            #expect(try list(directory) == ["step-00000010.safetensors", "step-00000015.safetensors"])
            #expect(try store.newestGood { Issue.record("\($0)") }?.position == "15")
            _ = try write(CheckpointStore(directory: directory, keep: 1), step: 20)
            #expect(try store.steps() == [20])
            // In place of one of the same step.
            _ = try write(store, step: 20, count: 7)
            #expect(try store.newestGood { Issue.record("\($0)") }?.tensors.first?.shape == [7])
        }
    }

    @Test func onlyEarlierCheckpointsOfOursAreDeleted() throws {
        try withTemporaryDirectory { directory in
            let store = CheckpointStore(directory: directory, keep: 1)
            let foreign = Array(#"\#u{2}\#0\#0\#0\#0\#0\#0\#0{}"#.utf8)
            let others = [
                "best.safetensors", "step-1.safetensors", "step-00000001.safetensors.bak", "step-00000001.safetensors",
                "step-+0000002.safetensors", "step-000000003.safetensors", ".step-00000001.safetensors.temporary",
            ]
            for name in others { try put(foreign, at: "\(directory)/\(name)") }
            try FileManager.default.createDirectory(
                atPath: "\(directory)/step-00000002.safetensors", withIntermediateDirectories: false)
            _ = try write(store, step: 200)
            try damage(store.path(step: 200))
            // The run went on from somewhere before 200, and comes to 150 and 160.
            _ = try write(store, step: 150)
            _ = try write(store, step: 160)
            let ours = ["step-00000160.safetensors", "step-00000200.safetensors"]
            #expect(try list(directory) == (others + ours + ["step-00000002.safetensors"]).sorted())
            for name in others { #expect(try contents(of: "\(directory)/\(name)") == foreign) }
            // A truncated one of ours is still ours.
            try put(Array(try contents(of: store.path(step: 160)).dropLast(4)), at: store.path(step: 160))
            _ = try write(store, step: 170)
            #expect(try store.steps() == [1, 2, 170, 200])
        }
    }

    @Test func damageFallsBackToThePreviousOne() throws {
        try withTemporaryDirectory { directory in
            let store = CheckpointStore(directory: directory, keep: 3)
            for step in 1...3 { _ = try write(store, step: step) }
            try damage(store.path(step: 3))
            var warnings: [String] = []
            let file = try #require(try store.newestGood { warnings.append($0) })
            #expect(file.position == "2" && file.path == store.path(step: 2))
            #expect(warnings.count == 1)
            #expect(warnings.first?.hasPrefix(store.path(step: 3)) == true)
            #expect(warnings.first?.contains(#"tensor "large" is damaged"#) == true)

            try put([], at: store.path(step: 2))
            try damage(store.path(step: 1))
            warnings = []
            let failure = #expect(throws: Failure.self) { try store.newestGood { warnings.append($0) } }
            #expect(failure?.kind == .badData && failure?.description.contains("none of the 3 checkpoints in \(directory)") == true)
            #expect(warnings.count == 3)
        }
    }

    @Test func temporariesOfDeadWritersAreDeleted() throws {
        try withTemporaryDirectory { directory in
            let store = CheckpointStore(directory: directory, keep: 2)
            let stale = ".step-00000001.safetensors.4711-0.temporary"
            let sameNumber = ".step-00000002.safetensors.\(getpid())-0.temporary"
            let live = ".step-00000003.safetensors.4711-0.temporary"
            let staleBest = ".best.safetensors.4711-0.temporary"
            let others = [".step-00000001.safetensors.x-0.temporary", "notes.temporary"]
            for name in [stale, staleBest, sameNumber, live] + others { try put([1], at: "\(directory)/\(name)") }
            let writer = try OpenFile(reading: "\(directory)/\(live)")
            let locked = writer.lock()
            #expect(locked)
            _ = try write(store, step: 2)
            #expect(try list(directory) == ([live, "step-00000002.safetensors"] + others).sorted())
        }
    }

    @Test func whatIsSupersededTwiceIsThereTwice() throws {
        try withTemporaryDirectory { directory in
            let store = CheckpointStore(directory: directory, keep: 3)
            _ = try write(store, step: 1)
            let names = try ["step-00000002.safetensors.superseded", "step-00000002.safetensors.superseded-1"].map { name in
                let written = try contents(of: try write(store, step: 2))
                let moved = try store.supersede(after: 1)
                #expect(moved.count == 1 && moved[0].path == store.path(step: 2) && moved[0].kept == "\(directory)/\(name)")
                #expect(try contents(of: "\(directory)/\(name)") == written)
                return name
            }
            #expect(try list(directory) == ["step-00000001.safetensors"] + names)
        }
    }

    @Test func directoriesThatCannotBeWrittenAreFailures() throws {
        try withTemporaryDirectory { parent in
            try put([1], at: "\(parent)/file")
            for directory in ["\(parent)/file", "\(parent)/file/checkpoints"] {
                let store = CheckpointStore(directory: directory, keep: 2)
                let failure = #expect(throws: Failure.self) { try write(store, step: 1) }
                #expect(failure?.kind == .io, "\(failure?.description ?? "")")
                #expect(failure?.description.contains("\(directory): Not a directory; ") == true, "\(failure?.description ?? "")")
            }
            #expect(try contents(of: "\(parent)/file") == [1])
            let nowhere = CheckpointStore(directory: "\(parent)/none/checkpoints", keep: 2)
            #expect(throws: Failure.self) { try write(nowhere, step: 1) }
        }
    }

    /// The rename fails after all has been written.
    @Test func failedRenameLeavesNothingBehind() throws {
        try withTemporaryDirectory { directory in
            let store = CheckpointStore(directory: directory, keep: 2)
            _ = try write(store, step: 1)
            try FileManager.default.createDirectory(atPath: store.path(step: 2), withIntermediateDirectories: false)
            let failure = #expect(throws: Failure.self) { try write(store, step: 2) }
            #expect(failure?.kind == .io && failure?.description.contains("step-00000002.safetensors: Is a directory") == true)
            #expect(try list(directory) == ["step-00000001.safetensors", "step-00000002.safetensors"])
        }
    }

    @Test func fullDeviceIsAFailure() throws {
        let failure = #expect(throws: Failure.self) {
            let file = try OpenFile(writing: "/dev/full")
            let bytes: [UInt8] = [1, 2, 3]
            try bytes.withUnsafeBytes { try file.write($0, of: 10, from: 4) }
        }
        #expect(failure?.kind == .io)
        #expect(
            failure?.description
                == "cannot write /dev/full after 4 of 10 bytes: No space left on device; make room there, or choose another directory"
        )
    }

    /// A disk of 64 KiB: the second checkpoint does not fit beside the first. Its last write is a short one.
    @Test func fullDiskLeavesTheLastCheckpoint() throws {
        try withSmallDisk(kibibytes: 64) { directory in
            let store = CheckpointStore(directory: directory, keep: 2)
            let first = try contents(of: try write(store, step: 1, count: 7_000))
            for step in [1, 2] {
                let failure = #expect(throws: Failure.self) { try write(store, step: step, count: 15_000) }
                #expect(failure?.kind == .io && failure?.description.contains("No space left on device; make room") == true)
                let written = failure?.description.firstMatch(of: /after (\d+) of 60\d\d\d bytes/)
                #expect(written.flatMap { Int($0.1) }.map { $0 > 4096 && $0 < 60_000 } == true, "\(failure?.description ?? "")")
                #expect(try list(directory) == ["step-00000001.safetensors"])
                #expect(try contents(of: store.path(step: 1)) == first)
            }
            #expect(try store.newestGood { Issue.record("\($0)") }?.position == "1")
            _ = try write(store, step: 3, count: 7_000)
            #expect(try store.steps() == [1, 3])
        }
    }

    @Test func namesOfSteps() {
        #expect(CheckpointStore.name(step: 1234) == "step-00001234.safetensors")
        #expect(CheckpointStore.name(step: 1_234_567_890) == "step-1234567890.safetensors")
        for step in [0, 1, 99_999_999, 100_000_000, Int.max] {
            #expect(CheckpointStore.step(ofName: CheckpointStore.name(step: step)) == step)
        }
        for name in [
            "step-.safetensors", "step--0000001.safetensors", "step-99999999999999999999.safetensors", "step-00000001.safetensor",
        ] {
            #expect(CheckpointStore.step(ofName: name) == nil)
        }
    }
}
