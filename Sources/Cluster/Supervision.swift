import Diagnostics
import Foundation
import Recorder

/// Runs a training job to its end through the failures that can be outlived: after each, it is started again from its newest good
/// checkpoint, without the hosts that are gone.
public struct Supervision {
    /// The job's run directory, as far as it concerns its supervision.
    public struct Run {
        public let path: String
        /// `failure.json`.
        public let failure: String
        public let recorder: @Sendable (Int) -> String
        /// What a rank that ended well says of itself begins with, and which of it one that was asked to end.
        public let completions: [String]
        public let stopping: String
        /// Of all attempts together; nil for none.
        public let timeLimit: Duration?
        public let holdsCheckpoint: () -> Bool
        /// Whether the run could go on with so many ranks.
        public let admits: (Int) -> Bool

        public init(
            path: String, failure: String, recorder: @escaping @Sendable (Int) -> String, completions: [String], stopping: String,
            timeLimit: Duration?, holdsCheckpoint: @escaping () -> Bool, admits: @escaping (Int) -> Bool
        ) {
            (self.path, self.failure, self.recorder) = (path, failure, recorder)
            (self.completions, self.stopping, self.timeLimit) = (completions, stopping, timeLimit)
            (self.holdsCheckpoint, self.admits) = (holdsCheckpoint, admits)
        }
    }

    private let ranks: Int
    private let hosts: Hostfile?
    /// `train` and what follows it, without `--resume` and `--time-limit`.
    private let arguments: [String]
    private let run: Run
    private let maxRestarts: Int
    private let tell: (String) -> Void

    /// What is tried again in vain: a wrong command line, bad or missing data, a training that diverges.
    private static let final: Set<Int32> = Set([Failure.Kind.usage, .badData, .missing, .diverged].map(\.rawValue))

    /// What ranks find out about others.
    private static let found: [Failure.Kind] = [.lost, .deadline, .disagreement]

    public init(
        ranks: Int, hosts: Hostfile?, arguments: [String], run: Run, maxRestarts: Int, tell: @escaping (String) -> Void
    ) {
        (self.ranks, self.hosts, self.arguments, self.run) = (ranks, hosts, arguments, run)
        (self.maxRestarts, self.tell) = (maxRestarts, tell)
    }

    /// - Returns: the exit code of the last attempt, that of its report where it left one.
    /// - Throws: as `RankLaunch.run`.
    public func toTheEnd() throws -> Int32 {
        let ending = JobEnding(.inGoodOrder)
        return try RunningJobs.hearing(for: ending) { try toTheEnd(ending) }
    }

    private func toTheEnd(_ ending: JobEnding) throws -> Int32 {
        let begin = ContinuousClock.now
        var (ranks, hosts) = (ranks, hosts)
        var attempt = 1
        while true {
            let isResumed = run.holdsCheckpoint()
            tell(
                "attempt \(attempt) of \(maxRestarts + 1): \(ranks) rank\(ranks == 1 ? "" : "s")"
                    + (hosts.map { " on \($0.hosts.map(\.name).joined(separator: ", "))" } ?? "")
                    + (isResumed ? ", from the newest checkpoint in \(run.path)" : ", from the beginning"))
            let current = Attempt(run, ranks: ranks)
            let launch = RankLaunch(
                ranks: ranks, arguments: arguments + (isResumed ? ["--resume"] : []) + timeLimit(since: begin), hosts: hosts,
                // A planted fault strikes once.
                withheld: attempt == 1 ? [] : [RankLaunch.plantedFault])
            let (code, isKilled) = try current.run(launch, ending: ending)
            if isKilled {
                tell(
                    "mpirun was killed: it had not ended \(Attempt.farewell.components.seconds) s behind its job, as where it waits for a host "
                        + "that does not answer")
            }
            if code == 0 || code == Failure.Kind.stopped.rawValue { return code }
            if let code = current.codeOfGoodEnd { return code }
            let written = try current.writtenReport()
            if Self.final.contains(written?.exitCode ?? code) || ending.isAsked {
                return written.map { tellEnd(of: attempt, code, $0) } ?? (ending.isAsked ? Failure.Kind.stopped.rawValue : code)
            }
            let reachable = hosts?.reachable(ending)
            if ending.isAsked {
                // The next attempt is that of the same line, started again; what hosts said meanwhile tells nothing of them.
                if let written { _ = tellEnd(of: attempt, code, written) }
                tell("was asked to stop before another attempt")
                return Failure.Kind.stopped.rawValue
            }
            let gone = hosts?.hosts.filter { reachable?.contains($0) == false } ?? []
            // Ranks that end with a code of ours and no report have agreed on it before their first step, and told why.
            let isAgreed = Failure.Kind(rawValue: code).map { !Self.found.contains($0) } ?? false
            let report = written ?? (isAgreed && gone.isEmpty ? nil : current.reportFromRecords(gone: gone))
            let exitCode = report.map { tellEnd(of: attempt, code, $0) } ?? code
            if attempt > maxRestarts { return exitCode }
            // Without a report the job did not come to its first step, and comes no further unless a host was the reason.
            if report == nil, gone.isEmpty { return exitCode }
            if let file = hosts, let reachable {
                for host in gone { tell("\(host.name) cannot be reached, and is left out") }
                guard let (fewer, left) = try shrunken(ranks: ranks, to: reachable, of: file) else {
                    tell("the hosts that are left are too few for the run")
                    return exitCode
                }
                (ranks, hosts) = (fewer, left)
            }
            attempt += 1
        }
    }

    /// What is left of the job's time, of which an attempt that begins with none takes a step and its checkpoint.
    private func timeLimit(since begin: ContinuousClock.Instant) -> [String] {
        guard let limit = run.timeLimit else { return [] }
        let left = (limit - (.now - begin)).components
        return ["--time-limit", "\(max(1, left.seconds + (left.attoseconds > 0 ? 1 : 0)))s"]
    }

    /// - Returns: the exit code that the report gives.
    private func tellEnd(of attempt: Int, _ code: Int32, _ report: FailureReport) -> Int32 {
        tell("attempt \(attempt) failed (mpirun's exit code \(code)): \(report.reason)")
        return report.exitCode
    }

    /// As many ranks as the hosts that are left take and the run admits.
    private func shrunken(ranks: Int, to left: [Hostfile.Host], of file: Hostfile) throws -> (Int, Hostfile)? {
        if left == file.hosts { return (ranks, file) }
        let slots = left.reduce(0) { $0 + ($1.slots ?? 1) }
        guard !left.isEmpty, let fewer = (1...min(ranks, slots)).last(where: run.admits) else { return nil }
        return (fewer, try Hostfile(writing: left, to: "\(run.path)/hostfile"))
    }
}

extension Hostfile {
    /// Writes a file of these hosts.
    init(writing hosts: [Host], to path: String) throws {
        let text = hosts.map { host in host.name + (host.slots.map { " slots=\($0)" } ?? "") + "\n" }.joined()
        do { try text.write(toFile: path, atomically: true, encoding: .utf8) } catch {
            throw Failure(.io, "\(path) cannot be written: \(reason(error))")
        }
        try self.init(path: path, text: text)
    }

    /// The hosts on which a process can be started within twenty seconds, in their order.
    func reachable(_ ending: JobEnding? = nil) -> [Host] {
        hosts.filter { host in
            let code = try? Program(
                path: Program.path(of: "mpirun"), arguments: ["-np", "1", "--host", host.name, "--timeout", "20", "true"],
                environment: RankLaunch.cleanedEnvironment(ProcessInfo.processInfo.environment, isRoot: geteuid() == 0)
            ).run(ending: ending)
            return code == 0
        }
    }
}
