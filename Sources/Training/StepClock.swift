import Diagnostics
import Glibc
import MPI
import Parallelism

/// When the operations of a rank's steps began and ended, of steps of a whole global batch, warm-up apart.
///
/// Each activity is timed by itself. Beside that, another clock of the system is read where a step ends and the next one begins, which knows
/// nothing of activities: what those leave out is seen by it. Steps allocate nothing.
final class StepClock: StepObserver {
    /// One operation of one step that may wait for others, by this rank's clock.
    struct Wait {
        /// When this rank came to the exchange.
        let arrival: Double
        /// From when on it did nothing but wait for its end.
        let start: Double
        let end: Double
    }

    /// Sums over the steps, in seconds.
    private(set) var operationSeconds: [Double]
    private(set) var loadingSeconds = 0.0
    private(set) var comparingSeconds = 0.0
    private(set) var checkpointSeconds = 0.0
    /// Of each step, by the independent clock.
    private(set) var steps: [Double] = []
    /// Which of them ended with a checkpoint, from 0.
    private(set) var checkpoints: [Int] = []
    /// Of each step, what this rank did by itself.
    private(set) var ownWork: [Double] = []
    /// Step by step, those operations that may wait, in the order of the program.
    private(set) var waits: [Wait] = []
    /// Bytes that were sent in these steps.
    private(set) var sentBytes = 0
    /// The operations that `waits` are of.
    let waiting: [Int]

    private let wholeBatch: Int
    private let warmUp: Int
    private let wanted: Int
    private let arrivals: [Int?]
    private let isOwn: [Bool]
    private let world: Communicator
    private let passes: PassClock

    /// Steps of a whole batch that have begun, and whether the one under way is one of them.
    private var begun = 0
    private var isWhole = false
    private var independentStart = 0.0
    private var bytesAtStart = 0
    /// Of the step under way.
    private var startTimes: [Double]
    private var endTimes: [Double]
    private var activityStart = 0.0
    private var loading = 0.0
    private var comparing = 0.0
    private var checkpointing = 0.0

    /// - Parameters:
    ///   - warmUp: steps of a whole batch that come first and do not count.
    ///   - steps: those that count.
    init(of program: StepProgram, wholeBatch: Int, warmUp: Int, steps: Int, passes: PassClock, world: Communicator) {
        (self.wholeBatch, self.warmUp, wanted, self.passes, self.world) = (wholeBatch, warmUp, steps, passes, world)
        let arrivals = program.arrivals
        self.arrivals = arrivals
        waiting = arrivals.indices.filter { arrivals[$0] != nil }
        let count = program.operations.count
        operationSeconds = Array(repeating: 0, count: count)
        (startTimes, endTimes) = (Array(repeating: 0, count: count), Array(repeating: 0, count: count))
        isOwn = program.operations.map(\.part.isOwnWork)
        self.steps.reserveCapacity(steps)
        ownWork.reserveCapacity(steps)
        checkpoints.reserveCapacity(steps)
        waits.reserveCapacity(steps * waiting.count)
    }

    /// Whether the last step that counts has begun.
    var isFull: Bool { begun >= warmUp + wanted }

    /// Seconds since the host started.
    static func now() -> Double { seconds(CLOCK_MONOTONIC) }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    func begin(step: Int, samples: Int) {
        endStep()
        isWhole = samples == wholeBatch
        if isWhole { begun += 1 }
        passes.isCounting = counts
        independentStart = Self.seconds(CLOCK_MONOTONIC_RAW)
    }

    func began(_ activity: StepActivity) {
        let now = Self.now()
        if case .operation(let number) = activity { startTimes[number] = now } else { activityStart = now }
    }

    func ended(_ activity: StepActivity) {
        let now = Self.now()
        switch activity {
        case .operation(let number): endTimes[number] = now
        case .loading: loading += now - activityStart
        case .comparing: comparing += now - activityStart
        case .checkpointing: checkpointing += now - activityStart
        }
    }

    private var counts: Bool { isWhole && begun > warmUp && begun <= warmUp + wanted }

    /// What came behind the last beginning belongs to that step; to be called behind the last step.
    func endStep() {
        let bytes = world.startedBytes
        if counts {
            steps.append(Self.seconds(CLOCK_MONOTONIC_RAW) - independentStart)
            sentBytes += bytes - bytesAtStart
            count()
        }
        bytesAtStart = bytes
        (loading, comparing, checkpointing, isWhole) = (0, 0, 0, false)
    }

    private func count() {
        var own = loading + checkpointing
        for index in operationSeconds.indices {
            let seconds = endTimes[index] - startTimes[index]
            operationSeconds[index] += seconds
            if isOwn[index] { own += seconds }
        }
        for index in waiting {
            waits.append(Wait(arrival: startTimes[arrivals[index] ?? index], start: startTimes[index], end: endTimes[index]))
        }
        ownWork.append(own)
        if checkpointing > 0 { checkpoints.append(steps.count - 1) }
        loadingSeconds += loading
        comparingSeconds += comparing
        checkpointSeconds += checkpointing
    }
}
