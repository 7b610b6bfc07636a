import Foundation
import Synchronization

/// Ends one job before its time, from any thread; a job that has not begun yet is kept from beginning.
public final class JobEnding: Sendable {
    /// mpirun takes a second signal within five seconds for leave to go without its ranks.
    private static let pause = Duration.seconds(6)

    private struct State {
        /// mpirun; nil before the job begins and once it has ended.
        var job: Int32?
        var isAsked = false
        var signalled: ContinuousClock.Instant?

        mutating func signal() {
            let now = ContinuousClock.now
            guard isAsked, let job, signalled.map({ now - $0 >= JobEnding.pause }) ?? true else { return }
            signalled = now
            kill(job, SIGTERM)
        }
    }

    private let state = Mutex(State())

    public init() {}

    public var isAsked: Bool { state.withLock(\.isAsked) }

    /// mpirun ends its ranks, those that do not listen a second later.
    ///
    /// One that is only just beginning does not listen itself: to be called again and again while the job lives, at any rate.
    public func ask() {
        state.withLock { state in
            state.isAsked = true
            state.signal()
        }
    }

    func began(_ job: Int32) {
        state.withLock { state in
            state.job = job
            state.signal()
        }
    }

    func ended() { state.withLock { $0.job = nil } }
}
