import Foundation

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
    static func measured(_ work: () throws -> Void) rethrows -> Seconds {
        let (wall, cpu) = (read(CLOCK_MONOTONIC), read(CLOCK_THREAD_CPUTIME_ID))
        try work()
        return Seconds(wall: read(CLOCK_MONOTONIC) - wall, cpu: read(CLOCK_THREAD_CPUTIME_ID) - cpu)
    }

    /// The median of each clock for itself.
    static func median(_ all: [Seconds]) -> Seconds {
        func median(_ values: [Double]) -> Double {
            let sorted = values.sorted()
            return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        }
        return all.isEmpty ? Seconds(wall: .nan, cpu: .nan) : Seconds(wall: median(all.map(\.wall)), cpu: median(all.map(\.cpu)))
    }

    /// The clocks of POSIX's `clock_gettime`.
    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
