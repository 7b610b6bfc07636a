import Foundation

/// A wait that can be cut short.
final class Pause: @unchecked Sendable {
    private let condition = NSCondition()
    private var isOver = false

    /// - Returns: whether to go on.
    func wait(seconds: Double) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        let end = Date(timeIntervalSinceNow: seconds)
        while !isOver, condition.wait(until: end) {}
        return !isOver
    }

    var isGoingOn: Bool {
        condition.lock()
        defer { condition.unlock() }
        return !isOver
    }

    func end() {
        condition.lock()
        isOver = true
        condition.broadcast()
        condition.unlock()
    }
}
