import Diagnostics
import Foundation
import Recorder

/// A process of this host, told from a later one of the same number by when it began.
public struct HostProcess: Sendable, Equatable, Codable {
    public let id: Int32
    /// In clock ticks since the host started.
    public let start: UInt64

    public static let current = HostProcess(id: getpid())

    /// The process of this number; nil where there is none, or where it has ended and only waits to be asked for.
    public init?(id: Int32) {
        guard let status = ProcessStatus(of: id) else { return nil }
        (self.id, start) = (id, status.start)
    }

    public var isAlive: Bool { HostProcess(id: id) == self }

    /// The mpirun and the ranks that work on a run directory, known by their own command line, which names it behind `--run`.
    static func working(on run: String) -> [HostProcess] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { id in
            guard id != getpid(), let line = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") else { return false }
            let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return zip(words, words.dropFirst()).contains { $0 == "--run" && $1 == run }
        }.compactMap(HostProcess.init)
    }

    /// Ends what still works on a run directory: the mpirun and the ranks of a job whose launcher was killed.
    ///
    /// - Parameter run: the path, as it stands in the command lines.
    /// - Returns: whether there was any.
    /// - Throws: `Failure.io` where one does not go, as one that waits for a disk which does not answer.
    @discardableResult
    public static func endAll(workingOn run: String) throws -> Bool {
        var found = working(on: run)
        guard !found.isEmpty else { return false }
        for process in found { kill(process.id, SIGTERM) }
        let patience = Date(timeIntervalSinceNow: 5)
        while !found.isEmpty {
            guard Date() < patience + 60 else {
                let ids = found.map { "\($0.id)" }.joined(separator: ", ")
                throw Failure(
                    .io, "process \(ids), at work on \(run), cannot be ended: it waits for a disk or a network that does not answer"
                )
            }
            Thread.sleep(forTimeInterval: 0.02)
            found = working(on: run)
            if Date() > patience { for process in found { kill(process.id, SIGKILL) } }
        }
        return true
    }
}
