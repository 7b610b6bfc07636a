import Diagnostics
import Foundation
import Recorder
import Synchronization

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
        public let holdsCheckpoint: () -> Bool
        /// Whether the run could go on with so many ranks.
        public let admits: (Int) -> Bool

        public init(
            path: String, failure: String, recorder: @escaping @Sendable (Int) -> String, completions: [String], stopping: String,
            holdsCheckpoint: @escaping () -> Bool, admits: @escaping (Int) -> Bool
        ) {
            (self.path, self.failure, self.recorder) = (path, failure, recorder)
            (self.completions, self.stopping) = (completions, stopping)
            (self.holdsCheckpoint, self.admits) = (holdsCheckpoint, admits)
        }
    }

    private let ranks: Int
    private let hosts: Hostfile?
    /// `train` and what follows it, without `--resume`.
    private let arguments: [String]
    private let run: Run
    private let maxRestarts: Int
    private let tell: (String) -> Void

    /// What is tried again in vain: a wrong command line, bad or missing data, a training that diverges.
    private static let final: Set<Int32> = Set([Failure.Kind.usage, .badData, .missing, .diverged].map(\.rawValue))

    /// From the report of a failure, or the last rank's end, to that of mpirun: it takes two seconds where it reaches all hosts.
    private static let farewell = Duration.seconds(10)
    private static let interval = 2.0

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
        var (ranks, hosts) = (ranks, hosts)
        var attempt = 1
        while true {
            let isResumed = run.holdsCheckpoint()
            tell(
                "attempt \(attempt) of \(maxRestarts + 1): \(ranks) rank\(ranks == 1 ? "" : "s")"
                    + (hosts.map { " on \($0.hosts.map(\.name).joined(separator: ", "))" } ?? "")
                    + (isResumed ? ", from the newest checkpoint in \(run.path)" : ", from the beginning"))
            let (earlier, before) = (processes(ofRanks: ranks), FileManager.default.contents(atPath: run.failure))
            let launch = RankLaunch(
                ranks: ranks, arguments: arguments + (isResumed ? ["--resume"] : []), hosts: hosts,
                // A planted fault strikes once.
                withheld: attempt == 1 ? [] : [RankLaunch.plantedFault])
            let (code, isKilled) = try job(launch, besides: before, earlier, ending)
            if isKilled {
                tell(
                    "mpirun was killed: it had not ended \(Self.farewell.components.seconds) s behind its job, as where it waits for a host "
                        + "that does not answer")
                if let code = codeOfGoodEnd(RankSight.all(ranks: ranks, path: run.recorder), besides: earlier) { return code }
            }
            if code == 0 || code == Failure.Kind.stopped.rawValue { return code }
            let written = try writtenReport(besides: before)
            if Self.final.contains(written?.exitCode ?? code) || ending.isAsked {
                return written.map { tellEnd(of: attempt, code, $0) } ?? (ending.isAsked ? Failure.Kind.stopped.rawValue : code)
            }
            let reachable = hosts?.reachable()
            let gone = hosts?.hosts.filter { reachable?.contains($0) == false } ?? []
            let report = try written ?? reportFromRecords(ranks: ranks, besides: earlier, gone: gone)
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

    /// One attempt to its end.
    ///
    /// - Parameters:
    ///   - before: the report of an earlier attempt.
    ///   - earlier: its ranks' processes.
    /// - Returns: mpirun's exit code, and whether it had to be killed.
    private func job(
        _ launch: RankLaunch, besides before: Data?, _ earlier: [RankProcess], _ ending: JobEnding
    ) throws -> (code: Int32, isKilled: Bool) {
        let (report, recorder) = (run.failure, run.recorder)
        let firstSeen = Mutex<ContinuousClock.Instant?>(nil)
        let timer = DispatchSource.makeTimerSource()
        timer.schedule(deadline: .now() + Self.interval, repeating: Self.interval)
        timer.setEventHandler {
            let isReported = FileManager.default.contents(atPath: report).map { $0 != before } ?? false
            let isOver = isReported || Self.haveLeft(RankSight.all(ranks: launch.ranks, path: recorder), besides: earlier)
            let seen = firstSeen.withLock { seen in
                seen = isOver ? seen ?? .now : nil
                return seen
            }
            if let seen, seen.duration(to: .now) >= Self.farewell { ending.killLauncher() }
        }
        timer.resume()
        defer { timer.cancel() }
        let code = try launch.run(output: nil, ending: ending)
        return (code, ending.isKilled)
    }

    /// A rank's process, told from those of earlier attempts.
    private struct RankProcess: Equatable {
        let process: Int32
        let started: UInt64

        init?(_ sight: RankSight) {
            guard let record = sight.record else { return nil }
            (process, started) = (record.process, record.started)
        }
    }

    private func processes(ofRanks ranks: Int) -> [RankProcess] {
        RankSight.all(ranks: ranks, path: run.recorder).compactMap(RankProcess.init)
    }

    private static func isOfAttempt(_ sight: RankSight, besides earlier: [RankProcess]) -> Bool {
        RankProcess(sight).map { !earlier.contains($0) } ?? false
    }

    /// Whether all ranks of an attempt are seen to be no more.
    private static func haveLeft(_ sights: [RankSight], besides earlier: [RankProcess]) -> Bool {
        sights.allSatisfy { isOfAttempt($0, besides: earlier) && ($0.life == .gone || $0.life == .ended) }
    }

    /// The exit code of an attempt that all ranks say they have ended well; nil where one does not.
    private func codeOfGoodEnd(_ sights: [RankSight], besides earlier: [RankProcess]) -> Int32? {
        let words = sights.filter { Self.isOfAttempt($0, besides: earlier) && $0.life == .ended }.compactMap(\.record?.message)
        guard words.count == sights.count, words.allSatisfy({ word in run.completions.contains(where: word.hasPrefix) }) else {
            return nil
        }
        return words.contains { $0.hasPrefix(run.stopping) } ? Failure.Kind.stopped.rawValue : 0
    }

    /// - Returns: the exit code that the report gives.
    private func tellEnd(of attempt: Int, _ code: Int32, _ report: FailureReport) -> Int32 {
        tell("attempt \(attempt) failed (mpirun's exit code \(code)): \(report.reason)")
        return report.exitCode
    }

    /// What an attempt's ranks said about its end; nil where they had no time to.
    ///
    /// - Parameter before: the report of an earlier attempt, which one that did not come to its first step leaves where it is.
    private func writtenReport(besides before: Data?) throws -> FailureReport? {
        guard let now = FileManager.default.contents(atPath: run.failure), now != before else { return nil }
        return try FailureReport.read(run.failure)
    }

    /// What hosts that are gone, or else the flight records, say about an attempt's end; nil where it did not get as far as those.
    private func reportFromRecords(
        ranks: Int, besides earlier: [RankProcess], gone: [Hostfile.Host]
    ) throws -> FailureReport? {
        let sights = RankSight.all(ranks: ranks, path: run.recorder)
        let time = UInt64(Date().timeIntervalSince1970 * 1e9)
        guard sights.contains(where: { Self.isOfAttempt($0, besides: earlier) }) else { return nil }
        let diagnosis =
            gone.isEmpty
            ? Diagnosis(sights, completions: run.completions, at: time)
            : Diagnosis(lostHosts: gone.map(\.name), sights: sights)
        let report = FailureReport(diagnosis, sights: sights, exitCode: Failure.Kind.lost.rawValue, at: time)
        _ = try report.write(to: run.failure)
        return report
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
            throw Failure(.io, "\(path) cannot be written: \(error.localizedDescription)")
        }
        try self.init(path: path, text: text)
    }

    /// The hosts on which a process can be started within twenty seconds, in their order.
    func reachable() -> [Host] {
        hosts.filter { host in
            let code = try? Program(
                path: Program.path(of: "mpirun"), arguments: ["-np", "1", "--host", host.name, "--timeout", "20", "true"],
                environment: RankLaunch.cleanedEnvironment(ProcessInfo.processInfo.environment, isRoot: geteuid() == 0)
            ).run()
            return code == 0
        }
    }
}
