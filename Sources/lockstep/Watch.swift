import ArgumentParser
import Diagnostics
import Foundation
import Reports
import Training

struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow a run from another shell: progress, speed, loss, time left, and what each rank is doing.",
        discussion: """
            It only reads: the run neither waits for it nor notices it. It ends when the run ends, and tells how; ctrl-C ends the watching \
            alone. On a terminal the picture is redrawn; elsewhere there are plain lines.

            lockstep watch runs/lenet5-cifar10-1
            """)

    @Argument(help: ArgumentHelp("A run directory.", valueName: "run"))
    var directory: String

    @Option(parsing: .unconditional, help: "Seconds without any change after which the run is said to stand still.")
    var stillAfter = 30.0

    func validate() throws {
        guard stillAfter > 0, stillAfter.isFinite else {
            throw ValidationError("--still-after: found \(stillAfter), expected a number of seconds above 0")
        }
    }

    func run() throws { try RunWatch(RunDirectory(path: directory), stillAfter: .seconds(stillAfter)).watch() }
}

/// Looks at a run's files again and again, and tells what changes.
private final class RunWatch {
    /// How long ranks may take from the run's description to their records.
    private static let patience = Duration.seconds(10)

    private let run: RunDirectory
    private let stillAfter: Duration
    private let terminal = Terminal()
    private var speed = WatchedSpeed()
    private var snapshot: RunSnapshot
    private var lastMoved: ContinuousClock.Instant
    private var toldEpoch = 0
    private var toldStillness = false

    init(_ run: RunDirectory, stillAfter: Duration) throws {
        self.run = run
        self.stillAfter = stillAfter
        snapshot = try RunSnapshot(of: run)
        lastMoved = snapshot.taken
    }

    func watch() throws {
        let start = snapshot.taken
        terminal.print(snapshot.heading)
        // Of the epochs before, the last tells enough.
        toldEpoch = max(0, (snapshot.metrics?.of(.test).last?.epoch ?? 0) - 1)
        var isFirst = true
        while true {
            speed.note(snapshot)
            if snapshot.hasEnded { break }
            if snapshot.state == .unknown, snapshot.taken - start > Self.patience {
                throw Failure(
                    .missing,
                    "\(run.path) holds no flight records that can be read, so nothing shows what its ranks do: look at its rank processes"
                )
            }
            tell(isFirst: isFirst)
            isFirst = false
            Thread.sleep(forTimeInterval: 0.5)
            try look()
        }
        // Ranks that are ended for another's sake are gone a moment later, and the last lines of the log are there.
        Thread.sleep(forTimeInterval: 0.3)
        try look()
        tellEnd()
    }

    private func look() throws {
        let next = try RunSnapshot(of: run)
        if next.hasMoved(since: snapshot) { lastMoved = next.taken }
        snapshot = next
    }

    private var stillness: String? {
        let time = snapshot.taken - lastMoved
        guard time >= stillAfter, snapshot.state != .unknown else { return nil }
        return "stands still: nothing has changed for \(duration(time / .seconds(1)))"
    }

    private func tell(isFirst: Bool) {
        for epoch in snapshot.epochs(after: toldEpoch) {
            terminal.print(epoch.text)
            toldEpoch = epoch.epoch
        }
        let stillness = stillness
        if terminal.isInteractive {
            let bar = snapshot.bar(columns: min(60, Terminal.columns - 2))
            terminal.panel([bar, snapshot.progress(speed)].compactMap { $0 } + snapshot.rankLines + (stillness.map { [$0] } ?? []))
            return
        }
        if stillness == nil, isFirst || terminal.isDue { terminal.progress(snapshot.progress(speed)) }
        if let stillness, !toldStillness { ([stillness] + snapshot.rankLines).forEach { terminal.print($0) } }
        if stillness == nil, toldStillness { terminal.print("goes on: \(snapshot.progress(speed))") }
        toldStillness = stillness != nil
    }

    private func tellEnd() {
        snapshot.epochs(after: toldEpoch).forEach { terminal.print($0.text) }
        if snapshot.state != .finished { snapshot.rankLines.forEach { terminal.print($0) } }
        if let ending = snapshot.ending { terminal.print(ending) }
    }
}
