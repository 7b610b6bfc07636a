import Foundation
import TestSupport
import Testing

/// Run directories that cannot be written to.
@Suite(.serialized, .timeLimit(.minutes(5))) struct RunDirectoryTests {
    /// Below a regular file, since permissions do not bind root.
    @Test(arguments: [nil, 3]) func unwritable(ranks: Int?) throws {
        try Workplace.with { place in
            let file = try place.write("a file of the user's", "file")
            let run = try place.train(run: "file/run", ranks: ranks)
            expectFailure(run, code: 74, "run directory \(file)/run cannot be made: \(file)", "give another one by --run")
            #expect(try place.bytes(file) == Data("a file of the user's".utf8))
            expectFailure(try place.train(run: "file", ranks: ranks), code: 74, "run directory \(file) cannot be made")
        }
    }

    /// The first checkpoint fits on the disk, the second does not.
    @Test(.enabled(if: SmallDisk.isPossible, "needs root, to mount a small tmpfs"), arguments: [nil, 3])
    func fullDiskKeepsThePreviousCheckpoint(ranks: Int?) throws {
        try Workplace.with { place in
            try SmallDisk.mounted(at: place.path("small"), kilobytes: 800) {
                let run = try place.train(run: "small/run", ranks: ranks)
                expectFailure(run, code: 74, "step-00000020.safetensors", "No space left on device")
                let names = try FileManager.default.contentsOfDirectory(atPath: place.path("small/run/checkpoints"))
                #expect(
                    names.sorted() == ["best.safetensors", "step-00000010.safetensors"], "the previous one, and no half of the next"
                )
                let previous = place.checkpoint(run: "small/run", step: 10)
                expectSuccess(try place.lockstep(["evaluate", previous, "--data", place.data]))
                // Once there is room, the run goes on.
                try SmallDisk.resize(place.path("small"), kilobytes: 2_000)
                expectSuccess(try place.resume(run: "small/run"))
                #expect(try MetricsRows(place.path("small/run/metrics.csv")).of("step").map(\.step) == Array(1...20))
            }
        }
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root, to mount a small tmpfs"))
    func noRoomForTheRunAtAll() throws {
        try Workplace.with { place in
            try SmallDisk.mounted(at: place.path("small"), kilobytes: 4) {
                _ = try place.write(String(repeating: "x", count: 4_096), "small/taken")
                expectFailure(try place.train(run: "small/run"), code: 74, place.path("small/run"), "No space left on device")
                #expect(try place.bytes(place.path("small/taken")).count == 4_096)
            }
        }
    }
}

/// A tmpfs of a few pages, always unmounted again.
enum SmallDisk {
    static let isPossible = geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/bin/mount") && canMount()

    static func mounted(at path: String, kilobytes: Int, _ body: () throws -> Void) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let mount = try Subprocess.run("mount", ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path])
        try #require(mount.exitCode == 0, "\(mount.report)")
        defer {
            let unmount = try? Subprocess.run("umount", [path])
            if unmount?.exitCode != 0 { Issue.record("\(path) is still mounted") }
        }
        try body()
    }

    static func resize(_ path: String, kilobytes: Int) throws {
        let run = try Subprocess.run("mount", ["-o", "remount,size=\(kilobytes)k", path])
        try #require(run.exitCode == 0, "\(run.report)")
    }

    /// A container's root may not mount.
    private static func canMount() -> Bool {
        let tried = try? withTemporaryDirectory { path -> Bool in
            guard try Subprocess.run("mount", ["-t", "tmpfs", "-o", "size=4k", "tmpfs", path]).exitCode == 0 else { return false }
            return try Subprocess.run("umount", [path]).exitCode == 0
        }
        return tried ?? false
    }
}
