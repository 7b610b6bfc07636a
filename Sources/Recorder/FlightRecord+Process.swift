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
        /// It is on another host, from which nothing has been heard of it for a while.
        case unheard
    }

    /// What has become of the process, as seen from this host.
    public var life: Life {
        if phase == .ended { return .ended }
        guard host == Self.hostName else { return .elsewhere }
        guard let status = ProcessStatus(of: process) else { return .gone }
        // The number may belong to a later process by now.
        guard status.start == processStart else { return .gone }
        return status.isStopped ? .stopped : .alive
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 257)
        guard gethostname(&name, 256) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
