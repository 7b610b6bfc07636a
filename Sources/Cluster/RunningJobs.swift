import Diagnostics
import Foundation
import Synchronization

/// The jobs that this process has started and waits for, on any number of threads.
///
/// Signals that are to end this process do not reach them by themselves: they end all of them first.
enum RunningJobs {
    private struct State {
        var jobs: Set<Int32> = []
        /// The signal that is to end this process; 0 for none.
        var signal: Int32 = 0
        var sources: [any DispatchSourceSignal] = []
    }

    private static let state = Mutex(State())

    /// Starts a process and waits for its end.
    ///
    /// - Parameter ending: what may ask for its end before.
    /// - Throws: `Failure.missing` where it cannot be started.
    static func run(_ process: Process, ending: JobEnding? = nil) throws {
        try start(process)
        ending?.began(process.processIdentifier)
        process.waitUntilExit()
        ending?.ended()
        ended(process.processIdentifier)
    }

    private static func start(_ process: Process) throws {
        let isEnding = try state.withLock { state in
            guard state.signal == 0 else { return true }
            if state.sources.isEmpty { state.sources = signals.compactMap(source) }
            // A thread of Dispatch's blocks signals, and a process inherits that: mpirun would not hear the one that ends it.
            var (none, own) = (sigset_t(), sigset_t())
            sigemptyset(&none)
            pthread_sigmask(SIG_SETMASK, &none, &own)
            defer { pthread_sigmask(SIG_SETMASK, &own, nil) }
            do { try process.run() } catch {
                throw Failure(
                    .missing, "\(process.executableURL?.path ?? "mpirun") cannot be started: \(error.localizedDescription)")
            }
            state.jobs.insert(process.processIdentifier)
            return false
        }
        // Whoever waits for the last job ends this process.
        while isEnding { Thread.sleep(forTimeInterval: 1) }
    }

    /// What ends a command from outside; SIGHUP when its terminal is closed.
    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    /// - Returns: nil for a SIGHUP that this process was started to ignore, as under nohup.
    private static func source(of number: Int32) -> (any DispatchSourceSignal)? {
        let former = signal(number, SIG_IGN)
        if number == SIGHUP, unsafeBitCast(former, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { return nil }
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
            let jobs = state.withLock { state in
                state.signal = number
                return state.jobs
            }
            for job in jobs { kill(job, SIGTERM) }
        }
        source.resume()
        return source
    }

    private static func ended(_ job: Int32) {
        let number = state.withLock { state in
            state.jobs.remove(job)
            guard state.jobs.isEmpty else { return Int32(-1) }
            for source in state.sources {
                source.cancel()
                signal(Int32(source.handle), SIG_DFL)
            }
            state.sources = []
            return state.signal
        }
        if number > 0 { raise(number) }
        // A job that a signal has ended is not told to have ended by itself.
        while number < 0, state.withLock({ $0.signal }) != 0 { Thread.sleep(forTimeInterval: 1) }
    }
}
