import Glibc

extension FlightRecord {
    /// Whether the process that keeps a record still lives.
    public enum Life: Sendable, Equatable {
        /// It closed its record: whatever ended it, it got that far.
        case ended
        case alive
        /// It is there, and a signal (SIGSTOP, a debugger) keeps it from running.
        case stopped
        /// Its record is open and it is no more: killed.
        case gone
        /// It is on another host, where this one cannot look.
        case elsewhere
    }

    /// What has become of the process, as seen from this host.
    public var life: Life {
        if phase == .ended { return .ended }
        guard host == Self.hostName else { return .elsewhere }
        guard let status = Self.status(of: process) else { return .gone }
        // The number may belong to a later process by now.
        guard status.start == processStart else { return .gone }
        return status.isStopped ? .stopped : .alive
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 257)
        guard gethostname(&name, 256) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// When a process was started, in clock ticks since the host was; 0 where there is none.
    static func processStart(of process: Int32) -> UInt64 { status(of: process)?.start ?? 0 }

    /// The same, and whether it is kept from running; nil where there is none, or only what is left of one that ended.
    private static func status(of process: Int32) -> (start: UInt64, isStopped: Bool)? {
        // After the command, which is in parentheses and may hold any character: the state, and as the 20th from there the start.
        guard let status = text(of: "/proc/\(process)/stat"), let end = status.lastIndex(of: ")") else { return nil }
        let fields = status[end...].split(separator: " ").dropFirst()
        guard fields.count >= 20, let state = fields.first, state != "Z", state != "X",
            let start = UInt64(fields[fields.startIndex + 19])
        else { return nil }
        return (start, state == "T" || state == "t")
    }

    private static func text(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var (bytes, buffer): ([UInt8], [UInt8]) = ([], Array(repeating: 0, count: 4096))
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
