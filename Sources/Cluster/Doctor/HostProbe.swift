import Diagnostics
import Foundation

/// Looks at the host that this process runs on.
public struct HostProbe: Sendable {
    /// The run directory, or the folder that it will stand in.
    public let run: String
    /// The name of the file that the launcher's host has put there; nil where it could not.
    public let mark: String?

    public init(run: String, mark: String?) { (self.run, self.mark) = (run, mark) }

    /// - Parameters:
    ///   - data: a number that tells data sets apart, or why the data set cannot be used; nil where none is asked for.
    public func facts(processor: String, data: Result<String, Failure>?) -> HostFacts {
        let memory = Memory.here
        return HostFacts(
            name: ProcessInfo.processInfo.hostName, processor: processor, cores: Cores.ofLauncher, quota: Self.quota(),
            executable: (try? fileDigest("/proc/self/exe")) ?? "unreadable", interfaces: NetworkInterface.here, memory: memory,
            sharedMemory: Self.space(of: "/dev/shm"),
            run: Self.look(at: run, mark: mark), temporary: Self.look(at: FileManager.default.temporaryDirectory.path, mark: nil),
            data: data.flatMap { try? $0.get() },
            dataFailure: data.flatMap { if case .failure(let failure) = $0 { failure.description } else { nil } })
    }

    /// The path itself or, where it is not there, the nearest directory above that is.
    static func existing(_ path: String) -> String {
        var url = URL(fileURLWithPath: path).standardizedFileURL
        var isDirectory: ObjCBool = false
        while !(FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) && isDirectory.boolValue),
            url.path != "/"
        {
            url.deleteLastPathComponent()
        }
        return url.path
    }

    /// Writes, syncs and renames a file as a checkpoint is written, and removes it.
    private static func look(at path: String, mark: String?) -> DirectoryFacts {
        let tried = existing(path)
        var facts = DirectoryFacts(path: path, tried: tried)
        facts.hasMark = mark.map { FileManager.default.fileExists(atPath: "\(tried)/\($0)") }
        facts.space = space(of: tried)
        facts.failure = replacementFailure(in: tried)
        return facts
    }

    private static func replacementFailure(in directory: String) -> String? {
        let name = "\(directory)/.lockstep-doctor-\(UUID().uuidString)"
        let (first, second) = ("\(name)-1", "\(name)-2")
        defer { for path in [first, second] { unlink(path) } }
        func failed(_ call: String) -> String { "\(call) fails: \(systemText())" }
        let file = open(first, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard file >= 0 else { return failed("writing") }
        defer { close(file) }
        let page = [UInt8](repeating: 1, count: 4096)
        guard write(file, page, page.count) == page.count else { return failed("writing") }
        guard fsync(file) == 0 else { return failed("fsync") }
        guard rename(first, second) == 0 else { return failed("rename") }
        let folder = open(directory, O_RDONLY | O_DIRECTORY)
        guard folder >= 0 else { return failed("opening the directory") }
        defer { close(folder) }
        return fsync(folder) == 0 ? nil : failed("fsync of the directory")
    }

    private static func space(of path: String) -> HostFacts.Space? {
        var room = statvfs()
        guard statvfs(path, &room) == 0 else { return nil }
        let block = Double(room.f_frsize)
        return HostFacts.Space(free: Double(room.f_bavail) * block, total: Double(room.f_blocks) * block)
    }

    /// Cores' worth of time that the control group allows; nil for all. Version 2 tells quota and period in one file.
    private static func quota() -> Double? {
        let words =
            (try? String(contentsOfFile: "/sys/fs/cgroup/cpu.max", encoding: .utf8))?.split(whereSeparator: \.isWhitespace) ?? []
        guard words.count == 2, let quota = Double(words[0]), let period = Double(words[1]), period > 0 else { return nil }
        return quota / period
    }

    /// What the kernel says can be taken without swapping, and the control group allows.
    private enum Memory {
        static var here: HostFacts.Space {
            var memory = HostFacts.Space(
                free: field("MemAvailable") ?? 0, total: field("MemTotal") ?? Double(ProcessInfo.processInfo.physicalMemory))
            if let limit = number("/sys/fs/cgroup/memory.max") {
                memory.total = min(memory.total, limit)
                memory.free = min(memory.free, max(0, limit - (number("/sys/fs/cgroup/memory.current") ?? 0)))
            }
            return memory
        }

        private static func field(_ name: String) -> Double? {
            let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
            let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") }
            return line?.split(separator: " ").dropFirst().first.flatMap { Double($0) }.map { $0 * 1024 }
        }

        private static func number(_ path: String) -> Double? {
            (try? String(contentsOfFile: path, encoding: .utf8)).flatMap {
                Double($0.trimmingCharacters(in: .whitespacesAndNewlines))
            }
        }
    }
}
