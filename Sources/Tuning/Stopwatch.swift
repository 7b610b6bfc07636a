import Foundation
import Statistics

/// How long something took, in seconds by two clocks.
///
/// Wall time is what a user waits. CPU time is what the calling thread ran: on a machine with other work it is what can be compared.
public struct Seconds: Sendable, Equatable {
    public var wall = 0.0
    public var cpu = 0.0

    public init(wall: Double = 0, cpu: Double = 0) {
        self.wall = wall
        self.cpu = cpu
    }

    public static func += (sum: inout Seconds, other: Seconds) {
        sum.wall += other.wall
        sum.cpu += other.cpu
    }

    public static func / (seconds: Seconds, count: Int) -> Seconds {
        Seconds(wall: seconds.wall / Double(count), cpu: seconds.cpu / Double(count))
    }

    /// What `work` takes.
    public static func measured(_ work: () throws -> Void) rethrows -> Seconds {
        let (wall, cpu) = (read(CLOCK_MONOTONIC), read(CLOCK_THREAD_CPUTIME_ID))
        try work()
        return Seconds(wall: read(CLOCK_MONOTONIC) - wall, cpu: read(CLOCK_THREAD_CPUTIME_ID) - cpu)
    }

    /// The median of each clock for itself.
    public static func median(_ all: [Seconds]) -> Seconds {
        Seconds(wall: all.map(\.wall).median, cpu: all.map(\.cpu).median)
    }

    /// The wall clock's time, since some beginning of its own.
    public static func wallNow() -> Double { read(CLOCK_MONOTONIC) }

    /// The clocks of POSIX's `clock_gettime`.
    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
