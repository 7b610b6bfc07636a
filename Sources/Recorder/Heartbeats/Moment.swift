import Glibc

/// One moment by two clocks of this host: that of records, which may be set, and one that only runs on, by which ages are counted.
struct Moment: Sendable {
    /// Nanoseconds of CLOCK_REALTIME.
    let time: UInt64
    /// Nanoseconds of CLOCK_MONOTONIC.
    let uptime: UInt64

    static var now: Moment {
        var uptime = timespec()
        clock_gettime(CLOCK_MONOTONIC, &uptime)
        return Moment(time: Recorder.now(), uptime: UInt64(uptime.tv_sec) * 1_000_000_000 + UInt64(uptime.tv_nsec))
    }

    /// Nanoseconds from an earlier uptime on.
    func since(_ earlier: UInt64) -> UInt64 { uptime > earlier ? uptime - earlier : 0 }
}
