import Diagnostics
import Foundation
import MPI
import Recorder

/// A thread that looks at all ranks while its own rank waits, and ends the job where that leads nowhere: where a
/// rank is no more, where ranks are in collectives that do not fit, or where nothing has happened for as long as the deadline.
///
/// It reads what is there already (files of this host's ranks, heartbeats of the others) and sends no message, so steps cost nothing more
/// for it.
final class Watchdog: Sendable {
    private let run: RunDirectory
    private let lookout: Lookout
    private let deadline: Duration
    private let signals: StopSignals
    private let pulse: Pulse
    private let tell: @Sendable (String) -> Void
    private let pause = Pause()

    /// How often a rank looks at its own record, and how long it waits before it looks at others'.
    private static let interval = 0.25
    private static let patience = Duration.seconds(2)
    /// Messages of one collective may be as slow as this before collectives that do not fit are taken for more than a moment between two.
    private static let mismatchPatience = Duration.seconds(10)
    /// Where what connects two hosts is down each misses the other: rank 0, which hears all others, is to say first whom it misses.
    private static let precedenceOfRank0 = Duration.seconds(2)
    /// Reading all records and writing a report takes no longer, be it over a slow network.
    private static let patienceWithFiles = Duration.seconds(20)
    /// What mpirun leaves its ranks between SIGTERM and SIGKILL is a second.
    private static let farewell = 0.7

    /// Watches from now on, until `end()`.
    ///
    /// - Parameter tell: called on the watchdog's thread, before it ends the job, with what it found: a line for each rank.
    init(
        _ run: RunDirectory, _ lookout: Lookout, deadline: TimeSpan, signals: StopSignals, pulse: Pulse,
        tell: @escaping @Sendable (String) -> Void
    ) {
        (self.run, self.lookout, self.signals, self.pulse, self.tell) = (run, lookout, signals, pulse, tell)
        self.deadline = deadline.duration
        Thread.start(named: "watchdog") { self.watch() }
    }

    func end() { pause.end() }

    private func watch() {
        var farewell: Date?
        // Counted by looks at the record, not by a clock: neither a clock that is set nor a job that is suspended makes a silence.
        var (lastNews, silence) = (pulse.lastNews, Duration.zero)
        var look = Self.interval
        while pause.wait(seconds: look) {
            if farewell == nil, signals.received == SIGTERM { (farewell, look) = (Date(), 0.05) }
            if let began = farewell, Date().timeIntervalSince(began) < Self.farewell {
                // It may be mpirun that ends this rank, because another one is no more.
                endIf(after: .zero) { diagnosis, _ in [.lost, .failed].contains(diagnosis.cause) }
                continue
            }
            guard !pulse.hasEnded else { continue }
            let news = pulse.lastNews
            silence = news == lastNews ? silence + .seconds(look) : .zero
            lastNews = news
            if silence >= deadline {
                endIf(after: silence) { diagnosis, sights in
                    let deadline = deadline(of: diagnosis, sights)
                    guard silence >= deadline else { return false }
                    // One that is at work on something long, and tells so, is waited for; so is one whose host is only just missed.
                    return ![.busy, .silent].contains(diagnosis.cause)
                        || diagnosis.ranks.allSatisfy { isSilent(sights[$0], for: deadline) }
                }
            } else if silence >= Self.patience {
                endIf(after: silence) { diagnosis, _ in
                    diagnosis.cause == .lost || diagnosis.cause == .mismatch && silence >= Self.mismatchPatience
                }
            }
        }
    }

    /// What is certain needs no more than the deadline; what only seems so, because nothing newer has come from other hosts, needs their time.
    private func deadline(of diagnosis: Diagnosis, _ sights: [RankSight]) -> Duration {
        switch diagnosis.cause {
        case .failed, .lost, .mismatch, .stopped: return deadline
        case .busy, .behind, .silent, .connection:
            guard lookout.looksElsewhere else { return deadline }
            return max(deadline, .seconds(Lookout.secondsOfHeartbeats))
                + (sights[0].life == .unheard ? Self.precedenceOfRank0 : .zero)
        }
    }

    /// Whether a rank has told nothing new for about so long.
    private func isSilent(_ sight: RankSight, for deadline: Duration) -> Bool {
        guard let record = sight.record else { return true }
        let news = sight.life == .unheard ? sight.lastHeard?.time ?? record.lastNews : record.lastNews
        let now = RunDirectory.now()
        return now > news && Duration.nanoseconds(Int64(now - news)) >= deadline * 0.8
    }

    /// Where the run directory is on a file system that does not answer, neither do those who look at it.
    private func endUnlessAnswered(within time: Duration) -> DispatchWorkItem {
        let end = DispatchWorkItem { [self] in
            guard pause.isGoingOn else { return }
            tell("nothing happened for longer than --deadline, and the file system of \(run.path) does not answer")
            MPIEnvironment.abort(code: Failure.Kind.deadline.rawValue)
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(Int(time.components.seconds)), execute: end)
        return end
    }

    /// Writes the report, tells it, and ends all ranks, if what is seen of them is reason enough.
    private func endIf(after silence: Duration, _ isReason: (Diagnosis, [RankSight]) -> Bool) {
        let lastResort = endUnlessAnswered(within: max(.zero, deadline - silence) + Self.patienceWithFiles)
        defer { lastResort.cancel() }
        let sights = lookout.sights()
        let diagnosis = Diagnosis(sights, completions: RunState.completions, at: RunDirectory.now())
        guard isReason(diagnosis, sights) else { return }
        let kind: Failure.Kind =
            switch diagnosis.cause {
            case .lost, .failed: .lost
            case .mismatch: .disagreement
            case .stopped, .busy, .behind, .silent, .connection: .deadline
            }
        let isFirst = run.reportFailure(diagnosis, sights: sights, exitCode: kind.rawValue) { table in
            let wait = kind == .deadline ? " (nothing happened for \(silence.components.seconds) s, --deadline)" : ""
            tell(table + wait)
        }
        // The first one ends the job; the others leave it the time to tell why.
        if !isFirst { Thread.sleep(forTimeInterval: 1) }
        guard pause.isGoingOn else { return }
        // Where mpirun has begun to end this job, this rank goes as it was told.
        if signals.received == SIGTERM { signals.giveIn() }
        MPIEnvironment.abort(code: kind.rawValue)
    }
}
