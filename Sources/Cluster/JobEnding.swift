import Foundation
import Synchronization

/// Ends one job before its time, from any thread; a job that has not begun yet is kept from beginning.
public final class JobEnding: Sendable {
    public enum Manner: Sendable {
        /// mpirun ends its ranks, those that do not listen a second later.
        case atOnce
        /// mpirun hands SIGUSR1 on to its ranks, which end in good order; asked for once more, it ends them at once.
        case inGoodOrder
    }

    /// mpirun takes a second signal within five seconds for leave to go without its ranks.
    private static let pause = Duration.seconds(6)

    private struct State {
        /// mpirun; nil before the job begins and once it has ended.
        var job: Int32?
        var isAsked = false
        /// Whether the ranks still may be asked to end in good order.
        var isPolite: Bool
        var signalled: ContinuousClock.Instant?
        var isKilled = false

        mutating func signal() {
            guard isAsked, let job else { return }
            if isPolite {
                isPolite = false
                kill(job, SIGUSR1)
                return
            }
            let now = ContinuousClock.now
            guard signalled.map({ now - $0 >= JobEnding.pause }) ?? true else { return }
            signalled = now
            kill(job, SIGTERM)
        }
    }

    private let state: Mutex<State>

    let manner: Manner

    public init(_ manner: Manner = .atOnce) {
        self.manner = manner
        state = Mutex(State(isPolite: manner == .inGoodOrder))
    }

    public var isAsked: Bool { state.withLock(\.isAsked) }

    /// One that is only just beginning does not listen itself: to be called again and again while the job lives, at any rate.
    public func ask() {
        state.withLock { state in
            state.isAsked = true
            state.signal()
        }
    }

    /// Whether the newest job's mpirun had to be killed.
    var isKilled: Bool { state.withLock(\.isKilled) }

    /// Kills mpirun itself, which waits for a host that does not answer for as long as TCP does: a quarter of an hour. Ranks of hosts that it
    /// reaches go with it.
    func killLauncher() {
        state.withLock { state in
            guard let job = state.job, !state.isKilled else { return }
            state.isKilled = true
            kill(job, SIGKILL)
        }
    }

    func began(_ job: Int32) {
        state.withLock { state in
            (state.job, state.isKilled) = (job, false)
            state.signal()
        }
    }

    func ended() { state.withLock { $0.job = nil } }
}
