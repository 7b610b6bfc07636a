/// Holds back what is asked for more often than it is worth: MPI's progress takes microseconds, and long products offer it now and then.
public struct Pace {
    private let interval: Duration
    private let clock = ContinuousClock()
    private var next: ContinuousClock.Instant

    public init(interval: Duration = .microseconds(100)) {
        self.interval = interval
        next = clock.now
    }

    /// Whether the interval since it last said so is over.
    public mutating func isDue() -> Bool {
        let now = clock.now
        guard now >= next else { return false }
        next = now + interval
        return true
    }
}
