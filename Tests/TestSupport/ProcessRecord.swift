import Foundation

/// A process as it was seen in /proc: its id, and when it started, so that a later process with the same id is not taken for it.
public struct ProcessRecord: Hashable, Sendable {
    public let id: Int32
    let parent: Int32
    let startTime: UInt64

    /// Whether the process is still there and not a zombie.
    public var isAlive: Bool {
        guard let (record, state) = Self.read(id) else { return false }
        return record.startTime == startTime && state != "Z" && state != "X"
    }

    /// The process with this id, if there is one.
    public init?(id: Int32) {
        guard let (record, _) = Self.read(id) else { return nil }
        self = record
    }

    private init(id: Int32, parent: Int32, startTime: UInt64) {
        self.id = id
        self.parent = parent
        self.startTime = startTime
    }

    /// The children of this process, theirs, and so on, as they are now. mpirun's ranks are each a process group of their own, so only
    /// this finds them.
    public func descendants() -> [ProcessRecord] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let children = Dictionary(grouping: names.compactMap { Int32($0) }.compactMap { ProcessRecord(id: $0) }, by: \.parent)
        var found: [ProcessRecord] = []
        var unvisited = [id]
        while let parent = unvisited.popLast() {
            found += children[parent] ?? []
            unvisited += (children[parent] ?? []).map(\.id)
        }
        return found
    }

    func send(_ signal: Int32) {
        // It may have ended on its own in between, which is what is wanted.
        if isAlive { kill(id, signal) }
    }

    /// Fields of /proc/PID/stat after the name, which stands in parentheses and may hold anything: state, parent, …, start time.
    private static func read(_ id: Int32) -> (record: ProcessRecord, state: Substring)? {
        guard let stat = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
            let name = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: name)...].split(separator: " ")
        guard fields.count > 19, let parent = Int32(fields[1]), let startTime = UInt64(fields[19]) else { return nil }
        return (ProcessRecord(id: id, parent: parent, startTime: startTime), fields[0])
    }
}
