import Foundation
import Synchronization

/// A wait that can be cut short, by a clock that nobody sets.
final class Pause: Sendable {
    private let bell = DispatchSemaphore(value: 0)
    private let isOver = Atomic(false)

    /// - Returns: whether to go on.
    func wait(seconds: Double) -> Bool {
        if isGoingOn { _ = bell.wait(timeout: .now() + seconds) }
        return isGoingOn
    }

    var isGoingOn: Bool { !isOver.load(ordering: .acquiring) }

    func end() {
        isOver.store(true, ordering: .releasing)
        bell.signal()
    }
}
