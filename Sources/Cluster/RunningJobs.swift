import Diagnostics
import Foundation
import Synchronization

/// The jobs that this process has started and waits for, on any number of threads.
///
/// Signals that are to end this process do not reach them by themselves: they end all of them first.
enum RunningJobs {
    private struct State {
        var jobs: [Int32: JobEnding?] = [:]
        /// The signal that is to end this process; 0 for none.
        var signal: Int32 = 0
        var listener: SignalListener?
        /// Of the one job after another that this process starts, whether or not one is running.
        var standing: JobEnding?

        mutating func listen() {
            if listener == nil { listener = SignalListener([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1], hear: hear) }
        }
    }

    private static let state = Mutex(State())

    /// Does work that starts jobs one after another, all with this ending, which signals ask between them too.
    static func hearing<Result>(for ending: JobEnding, _ work: () throws -> Result) rethrows -> Result {
        state.withLock { state in
            state.standing = ending
            state.listen()
        }
        defer {
            state.withLock { state in
                state.standing = nil
                if state.jobs.isEmpty { state.listener = nil }
            }
        }
        return try work()
    }

    /// Starts a process and waits for its end.
    ///
    /// - Parameter ending: what may ask for its end before.
    /// - Throws: `Failure.missing` where it cannot be started.
    static func run(_ process: Process, ending: JobEnding? = nil) throws {
        try start(process, ending: ending)
        ending?.began(process.processIdentifier)
        process.waitUntilExit()
        ending?.ended()
        ended(process.processIdentifier)
    }

    private static func start(_ process: Process, ending: JobEnding?) throws {
        let isEnding = try state.withLock { state in
            guard state.signal == 0 else { return true }
            state.listen()
            // A thread of Dispatch's blocks signals, and a process inherits that: mpirun would not hear the one that ends it.
            var (none, own) = (sigset_t(), sigset_t())
            sigemptyset(&none)
            pthread_sigmask(SIG_SETMASK, &none, &own)
            defer { pthread_sigmask(SIG_SETMASK, &own, nil) }
            do { try process.run() } catch {
                throw Failure(
                    .missing, "\(process.executableURL?.path ?? "mpirun") cannot be started: \(reason(error))")
            }
            state.jobs[process.processIdentifier] = .some(ending)
            return false
        }
        // Whoever waits for the last job ends this process.
        while isEnding { Thread.sleep(forTimeInterval: 1) }
    }

    @Sendable private static func hear(_ number: Int32) {
        let (jobs, standing) = state.withLock { state in
            // Whoever has a job end in good order decides what happens then.
            if !state.jobs.values.allSatisfy({ $0?.manner == .inGoodOrder }) { state.signal = number }
            return (state.jobs, state.standing)
        }
        if jobs.isEmpty { standing?.ask() }
        for (job, ending) in jobs {
            if let ending, ending.manner == .inGoodOrder { ending.ask() } else { kill(job, SIGTERM) }
        }
    }

    private static func ended(_ job: Int32) {
        let number = state.withLock { state in
            state.jobs[job] = nil
            guard state.jobs.isEmpty else { return Int32(-1) }
            if state.standing == nil { state.listener = nil }
            return state.signal
        }
        if number > 0 { raise(number) }
        // A job that a signal has ended is not told to have ended by itself.
        while number < 0, state.withLock({ $0.signal }) != 0 { Thread.sleep(forTimeInterval: 1) }
    }
}
