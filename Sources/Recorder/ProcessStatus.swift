import Glibc

/// What this host tells of one of its processes.
public struct ProcessStatus: Sendable, Equatable {
    /// When it was started, in clock ticks since the host was: with its number, what tells it from every other of that host.
    public let start: UInt64
    /// Whether a signal (SIGSTOP) or a debugger keeps it from running.
    public let isStopped: Bool

    /// Nil where there is no process of this number, or only what is left of one that ended.
    public init?(of process: Int32) {
        // The second field is the program's name in brackets, and may hold anything; the third is the state, the 22nd the start.
        guard let text = Self.text(of: "/proc/\(process)/stat"), let bracket = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: bracket)...].split(separator: " ")
        guard fields.count > 19, let start = UInt64(fields[19]), !["Z", "X"].contains(fields[0]) else { return nil }
        (self.start, isStopped) = (start, ["T", "t"].contains(fields[0]))
    }

    private static func text(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // The kernel gives all of it at once.
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
    }
}
