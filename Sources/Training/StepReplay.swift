import Diagnostics
import Glibc
import Parallelism
import Timing

/// Lets the recorded time of a step's computing pass instead of computing, so that many hosts' steps fit a few cores, while the exchange is
/// real.
///
/// Where kernels let the exchange go on, it goes on here, as often; what that takes comes on top, as it does there.
final class StepReplay {
    private let times: ComputeTimes
    private let arenaFloats: Int
    /// By how much the last sleep was too long: the next one is shorter.
    private var overslept = 0.0
    /// As `Pace`: how often kernels let others go on.
    private static let interval = 100e-6

    init(_ times: ComputeTimes, arenaFloats: Int) { (self.times, self.arenaFloats) = (times, arenaFloats) }

    /// - Throws: `Failure.usage` where an operation of the program has no recorded time.
    func check(_ program: StepProgram) throws {
        for operation in program.operations {
            if case .linear = operation {
                throw Failure(
                    .usage, "the computing of layers that are divided over ranks cannot be replayed: give another --parallelism")
            }
            if operation.isExchange { continue }
            if times.seconds(of: operation, samples: 1, arenaFloats: arenaFloats) != nil { continue }
            throw Failure(
                .usage,
                "the record that is replayed has no time for '\(operation)': measure the same recipe, with the same model and options, on one rank"
            )
        }
    }

    /// Returns when the operation's time has passed.
    ///
    /// - Parameter progress: lets the exchange go on; called in ways back alone, as kernels do.
    func pass(_ operation: Operation, samples: Int, progress: () throws -> Void) throws {
        guard let seconds = times.seconds(of: operation, samples: samples, arenaFloats: arenaFloats) else {
            fault("'\(operation)' has no recorded time")
        }
        let isPolling = if case .backward = operation { true } else { false }
        var end = StepClock.now() + seconds - overslept
        var now = StepClock.now()
        while now < end {
            if isPolling {
                try progress()
                let behind = StepClock.now()
                (end, now) = (end + behind - now, behind)
            }
            Self.sleep(until: isPolling ? min(end, now + Self.interval) : end)
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
