import Foundation
import TestSupport
import Testing

@testable import Checkpoints

func contents(of path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

func put(_ bytes: [UInt8], at path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

func list(_ directory: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: directory).sorted() }

/// Owns the memory of some tensors for as long as a checkpoint of them is in use.
final class Tensors {
    private(set) var named: [NamedTensor] = []

    func add(_ name: String, _ shape: [Int], _ values: [Float]) {
        let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: values.count)
        _ = memory.initialize(from: values)
        named.append(NamedTensor(name: name, shape: shape, values: UnsafeBufferPointer(memory)))
    }

    deinit { for tensor in named { tensor.values.deallocate() } }

    func write(to path: String, experiment: String = "{}", position: String = "{}", metadata: [String: String] = [:]) throws {
        try Checkpoint(tensors: named, experiment: experiment, position: position, metadata: metadata).write(to: path)
    }

    /// Two small tensors, one of which comes first though its name does not.
    static func tiny() -> Tensors {
        let tensors = Tensors()
        tensors.add("w", [2, 3], [1, -2, 0.5, .infinity, -0.0, 3.25])
        tensors.add("b", [1], [0.1])
        return tensors
    }

    /// `count` numbers, different for every `seed`.
    static func large(_ count: Int, seed: Int = 0) -> Tensors {
        let tensors = Tensors()
        tensors.add("large", [count], (0..<count).map { Float($0 &* 31 &+ seed) })
        return tensors
    }
}

/// Runs a program of the search path. Nil if it cannot be started.
func run(_ arguments: [String]) -> (status: Int32, output: String)? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    guard (try? process.run()) != nil else { return nil }
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}

/// Calls `body` with a directory that is a disk of its own, of so many KiB; tells where none can be mounted, and does not.
func withSmallDisk(kibibytes: Int, _ body: (String) throws -> Void) throws {
    try withTemporaryDirectory { directory in
        let mounted = run(["mount", "-t", "tmpfs", "-o", "size=\(kibibytes)k", "tmpfs", directory])
        guard mounted?.status == 0 else {
            print("skipped: a small disk cannot be mounted here: \(mounted?.output ?? "no mount command")")
            return
        }
        defer { #expect(run(["umount", directory])?.status == 0) }
        try body(directory)
    }
}
