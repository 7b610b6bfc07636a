import Diagnostics
import Glibc

extension FlightRecord: CustomStringConvertible {
    /// One line, as of now: `rank 2 on node7 (pid 4711): step 812, exchange for 41 s, in all-reduce #5 of 62,006 values for 41 s`.
    public var description: String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return description(at: UInt64(truncatingIfNeeded: time.tv_sec &* 1_000_000_000 &+ time.tv_nsec))
    }

    /// The same, as of a time given in nanoseconds of CLOCK_REALTIME: that of the rank's death, say. A time before the record's own
    /// counts as no time.
    ///
    /// "in all-reduce #5" is one that was not left; "last all-reduce #5" one that was.
    public func description(at time: UInt64) -> String {
        var parts = ["step \(step)"]
        let elapsed = durationText(from: since, to: time)
        parts.append(
            phase == .ended ? "ended \(elapsed) ago" : "\(phase)\(operation.map { " (operation \($0))" } ?? "") for \(elapsed)")
        // The oldest one that still lasts is the one that holds the others up.
        if let collective = collectives.first(where: { $0.left == nil }) {
            parts.append("in \(collective) for \(durationText(from: collective.entered, to: time))")
        } else if let collective = collectives.last {
            parts.append("last \(collective)")
        }
        let line = "rank \(rank) on \(host) (pid \(process)): \(parts.joined(separator: ", "))"
        return message.isEmpty ? line : "\(line): \(message)"
    }
}

extension FlightRecord.Collective: CustomStringConvertible {
    /// `all-reduce #5 of 62,006 values`
    public var description: String { "\(kind.name) #\(sequence) of \(count.grouped) value\(count == 1 ? "" : "s")" }
}

/// `0.4 s` below ten seconds, whole seconds below two minutes, whole minutes below two hours, whole hours above; rounded down.
func durationText(from start: UInt64, to end: UInt64) -> String {
    let tenths = end > start ? (end - start) / 100_000_000 : 0
    return switch tenths {
    case ..<100: "\(tenths / 10).\(tenths % 10) s"
    case ..<1200: "\(tenths / 10) s"
    case ..<72_000: "\(tenths / 600) min"
    default: "\(tenths / 36_000) h"
    }
}
