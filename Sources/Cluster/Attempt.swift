import Diagnostics
import Foundation
import Recorder
import Synchronization

/// One start of a supervised job, told from earlier ones by what their ranks left in the run directory: their report, and their processes.
struct Attempt: Sendable {
    private let ranks: Int
    /// `failure.json`.
    private let report: String
    private let recorder: @Sendable (Int) -> String
    private let completions: [String]
    private let stopping: String
    private let earlierReport: Data?
    private let earlierProcesses: [RankProcess]

    /// From the report of a failure, or the last rank's end, to that of mpirun: it takes two seconds where it reaches all hosts.
    static let farewell = Duration.seconds(10)
    private static let interval = 2.0

    /// A process of a rank.
    private struct RankProcess: Equatable {
        let id: Int32
        let started: UInt64

        init?(_ sight: RankSight) {
            guard let record = sight.record else { return nil }
            (id, started) = (record.process, record.started)
        }
    }

    /// Of an attempt that is to begin.
    init(_ run: Supervision.Run, ranks: Int) {
        (self.ranks, report, recorder) = (ranks, run.failure, run.recorder)
        (completions, stopping) = (run.completions, run.stopping)
        earlierReport = FileManager.default.contents(atPath: run.failure)
        earlierProcesses = RankSight.all(ranks: ranks, path: run.recorder).compactMap(RankProcess.init)
    }

    /// Runs the job to its end, and kills an mpirun that outlives it.
    ///
    /// - Returns: mpirun's exit code, and whether it had to be killed.
    func run(_ launch: RankLaunch, ending: JobEnding) throws -> (code: Int32, isKilled: Bool) {
        let firstSeen = Mutex<ContinuousClock.Instant?>(nil)
        let timer = DispatchSource.makeTimerSource()
        timer.schedule(deadline: .now() + Self.interval, repeating: Self.interval)
        timer.setEventHandler {
            let isOver = isReported || haveLeft
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

    /// The exit code of an attempt that all ranks say they have ended well; nil where one does not.
    var codeOfGoodEnd: Int32? {
        let words = sights.filter { isOfThis($0) && $0.life == .ended }.compactMap(\.record?.message)
        guard words.count == ranks, words.allSatisfy({ word in completions.contains(where: word.hasPrefix) }) else { return nil }
        return words.contains { $0.hasPrefix(stopping) } ? Failure.Kind.stopped.rawValue : 0
    }

    /// What the ranks said about their end; nil where they had no time to, or did not come to their first step.
    func writtenReport() throws -> FailureReport? { isReported ? try FailureReport.read(report) : nil }

    /// What hosts that are gone, or else the flight records, say about the end, put where ranks would have put it; nil where they did not get as
    /// far as those.
    func reportFromRecords(gone: [Hostfile.Host]) -> FailureReport? {
        // What ranks said in earlier attempts is none of this one's.
        let sights = sights.map { isOfThis($0) ? $0 : RankSight(rank: $0.rank, record: nil) }
        guard sights.contains(where: { $0.record != nil }) else { return nil }
        let time = UInt64(Date().timeIntervalSince1970 * 1e9)
        let diagnosis =
            gone.isEmpty
            ? Diagnosis(sights, completions: completions, at: time)
            : Diagnosis(lostHosts: gone.map(\.name), sights: sights)
        let failure = FailureReport(diagnosis, sights: sights, exitCode: Failure.Kind.lost.rawValue, at: time)
        // Where the directory is gone or full, what happened is told all the same.
        _ = try? failure.write(to: report)
        return failure
    }

    private var isReported: Bool { FileManager.default.contents(atPath: report).map { $0 != earlierReport } ?? false }

    /// Whether all ranks are seen to be no more.
    private var haveLeft: Bool { sights.allSatisfy { isOfThis($0) && ($0.life == .gone || $0.life == .ended) } }

    private var sights: [RankSight] { RankSight.all(ranks: ranks, path: recorder) }

    private func isOfThis(_ sight: RankSight) -> Bool { RankProcess(sight).map { !earlierProcesses.contains($0) } ?? false }
}
