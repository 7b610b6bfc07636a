import Foundation

/// A program run to its end, or to its time limit, with what it printed.
public struct Subprocess: Sendable {
    /// The exit code; for a program that a signal ended, 128 + the signal, as shells say it.
    public let exitCode: Int32
    public let standardOutput: String
    public let standardError: String
    /// Whether the time limit was over, and the program and its descendants were killed for it.
    public let timedOut: Bool
    /// Seconds from start to end.
    public let duration: Double
    /// Descendants that outlived the program although the time limit was not over; they have been killed. A good run leaves none.
    public let leftovers: [ProcessRecord]

    /// The lines of standard output.
    public var lines: [String] { standardOutput.split(whereSeparator: \.isNewline).map(String.init) }

    /// All of it, for a test's message.
    public var report: String {
        """
        exit code \(exitCode)\(timedOut ? ", over its time limit" : "") after \(String(format: "%.2f", duration)) s, \
        \(leftovers.count) left over
        --- standard output
        \(standardOutput)
        --- standard error
        \(standardError)
        """
    }

    /// Runs a program and waits for it.
    ///
    /// Its output goes through files: a pipe fills up where nobody reads, and stays open as long as any descendant holds it. When the
    /// limit is over, the program and every descendant that was ever seen is killed by its own id; nothing remains.
    ///
    /// - Parameters:
    ///   - executable: a path, or a name to be found in PATH.
    ///   - environment: the whole environment; by default the cleaned one of this process.
    ///   - timeLimit: in seconds.
    public static func run(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = cleanEnvironment(),
        timeLimit: Double = 60
    ) throws -> Subprocess {
        try withTemporaryDirectory { directory in
            let outputs = ["out", "err"].map { "\(directory)/\($0)" }
            for path in outputs where !FileManager.default.createFile(atPath: path, contents: nil) {
                throw TestSupportError("cannot create \(path)")
            }
            let process = Process()
            process.executableURL = URL(fileURLWithPath: executable.contains("/") ? executable : "/usr/bin/env")
            process.arguments = executable.contains("/") ? arguments : [executable] + arguments
            // A session directory of its own: Open MPI's usual one is shared by all jobs of a machine, and one that ends removes it while another
            // begins.
            process.environment = ["OMPI_MCA_orte_tmpdir_base": directory].merging(environment) { $1 }
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle(forWritingAtPath: outputs[0])
            process.standardError = FileHandle(forWritingAtPath: outputs[1])

            let start = Date()
            try process.run()
            var family = Family(of: process.processIdentifier)
            var nextLook = 0.02
            while process.isRunning, Date().timeIntervalSince(start) < timeLimit {
                Thread.sleep(forTimeInterval: 0.005)
                if Date().timeIntervalSince(start) > nextLook {
                    family.look()
                    nextLook += 0.1
                }
            }
            let timedOut = process.isRunning
            let leftovers = family.end()
            process.waitUntilExit()
            let duration = Date().timeIntervalSince(start)
            let texts = try outputs.map { String(decoding: try Data(contentsOf: URL(fileURLWithPath: $0)), as: UTF8.self) }
            let signalled = process.terminationReason == .uncaughtSignal
            return Subprocess(
                exitCode: process.terminationStatus + (signalled ? 128 : 0), standardOutput: texts[0], standardError: texts[1],
                timedOut: timedOut, duration: duration, leftovers: timedOut ? [] : leftovers)
        }
    }

    /// This process's environment without what an MPI launcher put there, which would make an mpirun inside it fail, and with one
    /// thread for each rank's arithmetic.
    public static func cleanEnvironment() -> [String: String] {
        let launchers = ["OMPI_", "PMIX_", "PMI_", "ORTE_"]
        var environment = ProcessInfo.processInfo.environment.filter { name, _ in !launchers.contains { name.hasPrefix($0) } }
        environment["OPENBLAS_NUM_THREADS"] = "1"
        environment["OMP_NUM_THREADS"] = "1"
        return environment
    }
}

/// A process and every descendant of it that was ever seen.
private struct Family {
    private let head: ProcessRecord?
    private var seen: Set<ProcessRecord> = []

    init(of id: Int32) {
        head = ProcessRecord(id: id)
    }

    /// Notes the descendants that there are now, also those of processes that have lost their parent.
    mutating func look() {
        for process in seen.union(head.map { [$0] } ?? []) where process.isAlive { seen.formUnion(process.descendants()) }
    }

    /// Kills whatever is alive and waits until it is gone; returns the descendants that it killed. All are stopped first, so that
    /// none can start another one unseen.
    ///
    /// Processes that are ending when their head is gone have a moment to do so: mpirun does not wait for ranks that it has killed.
    mutating func end() -> [ProcessRecord] {
        look()
        let deadline = Date(timeIntervalSinceNow: 2)
        while head?.isAlive != true, seen.contains(where: \.isAlive), Date() < deadline { Thread.sleep(forTimeInterval: 0.01) }
        var stopped: Set<ProcessRecord> = []
        while true {
            let running = seen.union(head.map { [$0] } ?? []).subtracting(stopped).filter(\.isAlive)
            if running.isEmpty { break }
            for process in running { process.send(SIGSTOP) }
            stopped.formUnion(running)
            look()
        }
        for process in stopped { process.send(SIGKILL) }
        while stopped.contains(where: \.isAlive) { Thread.sleep(forTimeInterval: 0.005) }
        return stopped.filter { $0 != head }.sorted { $0.id < $1.id }
    }
}
