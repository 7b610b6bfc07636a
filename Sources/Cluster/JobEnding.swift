import Foundation
import Synchronization

/// Ends one job before its time, from any thread; a job that has not begun yet is kept from beginning.
public final class JobEnding: Sendable {
    private struct State {
        /// mpirun; nil before the job begins and once it has ended.
        var job: Int32?
        var isAsked = false
    }

    private let state = Mutex(State())

    public init() {}

    public var isAsked: Bool { state.withLock(\.isAsked) }

    /// mpirun ends its ranks, those that do not listen a second later.
    public func ask() {
        state.withLock { state in
            state.isAsked = true
            if let job = state.job { kill(job, SIGTERM) }
        }
    }

    func began(_ job: Int32) {
        state.withLock { state in
            state.job = job
            if state.isAsked { kill(job, SIGTERM) }
        }
    }

    func ended() { state.withLock { $0.job = nil } }
}
