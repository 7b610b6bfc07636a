import Diagnostics
import Glibc
import Synchronization

/// The signals that ask this rank to end training in good order: SIGUSR1, SIGTERM and SIGINT. A second one ends the process at once.
///
/// mpirun hands SIGUSR1 on to all ranks; its own SIGTERM or SIGINT it follows with SIGKILL a second later.
final class StopSignals: Sendable {
    /// The first that came; 0 before.
    private let first = Atomic<Int32>(0)
    private let listener = Mutex<SignalListener?>(nil)

    /// Listens from now on, until `end()`.
    init() {
        listener.withLock { listener in
            listener = SignalListener([SIGUSR1, SIGTERM, SIGINT]) { [weak self] in self?.hear($0) }
        }
    }

    /// Which has come; nil before.
    var received: Int32? {
        let number = first.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }

    /// Signals do again what they do by default.
    func end() { listener.withLock { $0?.end() } }

    private func hear(_ number: Int32) {
        guard !first.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged else { return }
        giveIn()
    }

    /// Ends the process at once, by the signal that came first; does nothing where none came.
    func giveIn() {
        guard let number = received else { return }
        signal(number, SIG_DFL)
        kill(getpid(), number)
    }

    static func name(_ number: Int32) -> String {
        switch number {
        case SIGUSR1: "SIGUSR1"
        case SIGTERM: "SIGTERM"
        case SIGINT: "SIGINT"
        default: "signal \(number)"
        }
    }
}
