import Diagnostics
import Foundation

/// A file system in memory with room for some checkpoints of a small model; mounting one needs root.
struct SmallDisk {
    private let path: String

    static var canBeMade: Bool { geteuid() == 0 }

    /// Mounts it over an empty directory.
    init(at path: String) throws {
        self.path = path
        try Self.call("mount", ["-t", "tmpfs", "-o", "size=640k", "lockstep-drill", path])
    }

    func enlarge() throws { try Self.call("mount", ["-o", "remount,size=64m", path]) }

    func remove() { try? Self.call("umount", [path]) }

    private static func call(_ name: String, _ arguments: [String]) throws {
        let code = try Program(path: Program.path(of: name), arguments: arguments).run()
        guard code == 0 else { throw Failure(.io, "'\(shellCommand([name] + arguments))' failed with exit code \(code)") }
    }
}
