import Diagnostics
import Parallelism
import Timing

/// Lets the recorded time of a step's computing pass instead of computing, so that many hosts' steps fit a few cores, while the exchange is
/// real.
///
/// Where kernels let the exchange go on, it goes on here, as often; what that takes comes on top, as it does there.
final class StepReplay {
    private let times: ComputeTimes
    private let arenaFloats: Int
    private let sleeper = SleptTime()

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
        let polls = if case .backward = operation { true } else { false }
        try withoutActuallyEscaping(progress) { try sleeper.pass(seconds, progress: polls ? $0 : nil) }
    }
}
