/// What this rank wants to happen behind a step, by its signals and its clock.
final class WishSource {
    private let signals: StopSignals
    private let clock = ContinuousClock()
    private let limit: TimeSpan?
    private let deadline: ContinuousClock.Instant?
    /// The time between two checkpoints; nil where steps are counted, and on all ranks but the first, whose clock decides.
    private let interval: Duration?
    private var lastCheckpoint: ContinuousClock.Instant

    /// - Parameter start: when the time that is limited began.
    init(_ signals: StopSignals, _ execution: Execution, since start: ContinuousClock.Instant, isFirstRank: Bool) {
        self.signals = signals
        limit = execution.timeLimit
        deadline = limit.map { start + $0.duration }
        interval = if isFirstRank, case .time(let span) = execution.checkpointEvery { span.duration } else { nil }
        lastCheckpoint = clock.now
    }

    /// Why this rank wants training to end; nil where it does not.
    var stopReason: String? {
        if let signal = signals.received { return StopSignals.name(signal) }
        guard let limit, let deadline, clock.now >= deadline else { return nil }
        return "the time limit of \(limit)"
    }

    func now() -> StepWishes {
        StepWishes(stop: stopReason == nil ? 0 : 1, checkpoint: interval.map { clock.now - lastCheckpoint >= $0 } == true ? 1 : 0)
    }

    func wroteCheckpoint() { lastCheckpoint = clock.now }
}
