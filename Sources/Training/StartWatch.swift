import Diagnostics
import Foundation
import MPI

/// A thread that ends the job where a stage of its start lasts longer than the deadline; see `StartUp`.
final class StartWatch: @unchecked Sendable {
    private enum Doing {
        case working(String)
        /// Of nobody in particular where there are none.
        case waiting(for: [Int])
    }

    private let rank: Int
    private let host: String
    private let tell: @Sendable (String) -> Void
    private let pause = Pause()
    private let lock = NSLock()
    /// Guarded by the lock, as are the others.
    private var deadline: Duration
    private var doing = Doing.working("starts")
    /// Counted by looks, not by a clock: neither a clock that is set nor a job that is suspended makes a stage longer.
    private var lasted = Duration.zero

    private static let interval = 0.25
    /// The rank that is still at work tells of itself first; behind it comes rank 0, which knows whom it waits for.
    private static let courtesy = Duration.seconds(1)

    init(rank: Int, host: String, deadline: TimeSpan, tell: @escaping @Sendable (String) -> Void) {
        (self.rank, self.host, self.tell) = (rank, host, tell)
        self.deadline = deadline.duration
        Thread.start(named: "start watch") { self.watch() }
    }

    func end() { pause.end() }

    func setDeadline(_ deadline: TimeSpan) { lock.withLock { self.deadline = deadline.duration } }

    /// A stage begins: this rank is at `work`.
    func begin(_ work: String) { lock.withLock { (doing, lasted) = (.working(work), .zero) } }

    /// This rank is through with its part of the stage.
    func wait(for ranks: [Int]) { lock.withLock { doing = .waiting(for: ranks) } }

    private func watch() {
        while pause.wait(seconds: Self.interval) {
            guard let finding = look(), pause.isGoingOn else { continue }
            tell(finding)
            MPIEnvironment.abort(code: Failure.Kind.deadline.rawValue)
        }
    }

    /// What is wrong, where anything is.
    private func look() -> String? {
        lock.withLock {
            lasted += .seconds(Self.interval)
            let late = "\(lasted.components.seconds) s after this stage of the start began (--deadline)"
            switch doing {
            case .working(let work):
                return lasted < deadline ? nil : "rank \(rank) on \(host) \(work), and has not ended it \(late)"
            case .waiting(let ranks):
                let patience = deadline + Self.courtesy * (rank == 0 ? 1 : 2)
                guard lasted >= patience else { return nil }
                let awaited = ranks.isEmpty ? "the others" : ranks.asRanks
                return "rank \(rank) on \(host) waits for \(awaited) and has heard nothing \(late)"
            }
        }
    }
}
