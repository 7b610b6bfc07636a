import Glibc

/// Lets seconds of computing pass by sleeping, so that a core is free for others meanwhile.
public final class SleptTime {
    /// By how much the last sleep was too long: the next one is shorter.
    private var overslept = 0.0
    /// As `Pace`: how often kernels let others go on.
    private static let interval = 100e-6

    public init() {}

    /// Returns when so many seconds have passed.
    ///
    /// - Parameter progress: lets the exchange go on, as often as kernels do; what it takes comes on top, as it does there. Nil for what
    ///   does not let others go on.
    public func pass(_ seconds: Double, progress: (() throws -> Void)?) throws {
        var end = StepClock.now() + seconds - overslept
        var now = StepClock.now()
        while now < end {
            if let progress {
                try progress()
                let behind = StepClock.now()
                (end, now) = (end + behind - now, behind)
            }
            Self.sleep(until: progress != nil ? min(end, now + Self.interval) : end)
            now = StepClock.now()
        }
        overslept = now - end
    }

    /// - Parameter time: of the clock that `StepClock.now` reads.
    private static func sleep(until time: Double) {
        var time = timespec(tv_sec: Int(time), tv_nsec: Int((time - time.rounded(.down)) * 1e9))
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
    }
}
