import Glibc
import Synchronization

/// Returns when a condition holds: asks, spins briefly, then gives the core to others between questions. A short wait is quick, and with
/// more ranks than cores the rank that is waited for may be the one that cannot run.
///
/// - Parameters:
///   - spins: how often to ask before the core is given away for the first time; none where `IdleCore` sleeps.
///   - condition: asked again and again; it may drive progress.
///   - meanwhile: called between questions; it may look at a deadline. What it throws ends the wait.
public func waitUntil(spins: Int = 64, _ condition: () throws -> Bool, meanwhile: () throws -> Void) rethrows {
    var asked = 0
    let spins = IdleCore.sleeps ? 0 : spins
    while try !condition() {
        try meanwhile()
        asked += 1
        if asked > spins { IdleCore.giveAway() }
    }
}

/// The same with nothing to do meanwhile.
public func waitUntil(spins: Int = 64, _ condition: () throws -> Bool) rethrows {
    try waitUntil(spins: spins, condition, meanwhile: {})
}

/// How a rank that waits gives its core away.
///
/// Ranks on hosts of their own have cores of their own, and only yield. Hosts that share the cores of one machine, as in a network lab where
/// computing is slept, cannot tell by themselves that they do: ranks that ask and yield in turn keep the cores so busy that others handle
/// their messages milliseconds late. They are to sleep.
public enum IdleCore {
    private static let isSleeping = Atomic(false)
    /// Of a sleep: as often as kernels look after messages. Waking up takes a core some microseconds, of which four ranks on it that sleep a
    /// fifth as long leave nothing.
    private static let nanoseconds = 100_000

    /// Whether waiting ranks sleep.
    public static var sleeps: Bool { isSleeping.load(ordering: .relaxed) }

    /// From now on waits of this process sleep.
    public static func sleep() {
        sleepPrecisely()
        isSleeping.store(true, ordering: .relaxed)
    }

    static func giveAway() {
        guard sleeps else {
            // It returns 0 always on Linux, and there is nothing to do about another answer.
            _ = sched_yield()
            return
        }
        var time = timespec(tv_sec: 0, tv_nsec: nanoseconds)
        clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nil)
    }

    /// Lets the main thread's sleeps end when they are to, and not up to 50 µs later, where Linux lets it (`timerslack_ns` in proc(5)).
    private static func sleepPrecisely() {
        guard let file = fopen("/proc/self/timerslack_ns", "w") else { return }
        fputs("1000", file)
        fclose(file)
    }
}
