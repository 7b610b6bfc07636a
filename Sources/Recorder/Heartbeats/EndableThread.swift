import Diagnostics
import Foundation
import Synchronization

/// A thread that waits for descriptors, and can be told to end.
final class EndableThread: Sendable {
    /// What the thread waits by.
    final class Call: Sendable {
        /// Readable, for ever, when the thread is to end; -1 where the system has no more descriptors.
        private let reading: Int32
        private let writing: Int32
        private let isOver = Atomic(false)

        fileprivate init() {
            var ends: [Int32] = [-1, -1]
            _ = socketpair(AF_UNIX, TCPConnection.kind, 0, &ends)
            (reading, writing) = (ends[0], ends[1])
        }

        deinit {
            for end in [reading, writing] where end >= 0 { close(end) }
        }

        fileprivate func end() {
            isOver.store(true, ordering: .relaxed)
            var byte: UInt8 = 0
            _ = send(writing, &byte, 1, Int32(MSG_NOSIGNAL))
        }

        var hasEnded: Bool { isOver.load(ordering: .relaxed) }

        /// Waits for what is `awaited` as poll(2) does, at most so long.
        ///
        /// - Returns: which of them have something; none where the time is over.
        func wait(for awaited: [pollfd], seconds: Double) -> [Bool] {
            var entries = awaited + [pollfd(fd: reading, events: Int16(POLLIN), revents: 0)]
            let count = poll(&entries, nfds_t(entries.count), Int32((max(0, seconds) * 1000).rounded(.up)))
            return entries.dropLast().map { count > 0 && $0.revents != 0 }
        }
    }

    private let call = Call()
    private let done = DispatchSemaphore(value: 0)

    /// - Parameter body: returns soon when the call has ended.
    init(named name: String, _ body: @escaping @Sendable (Call) -> Void) {
        Thread.start(named: name) { [call, done] in
            body(call)
            done.signal()
        }
    }

    /// Returns when the thread has ended, or after a moment if it hangs in the system, which must not keep others waiting.
    func end() {
        guard !call.hasEnded else { return }
        call.end()
        _ = done.wait(timeout: .now() + 0.5)
    }
}
