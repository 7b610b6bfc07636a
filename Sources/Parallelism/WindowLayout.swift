import Kernels
import MPI

/// What stands where in a rank's region of the node's window, in bytes: two counters for each bucket, mailboxes of the buckets that have some,
/// and the slots, each as long as the arena. Each begins at a cache line.
struct WindowLayout {
    /// Where each bucket's two mailboxes begin, and the bytes of one, in whole cache lines.
    private let mailboxes: [(start: Int, byteCount: Int)]
    private let slotBytes: Int
    private let firstSlot: Int
    let byteCount: Int

    /// - Parameters:
    ///   - floats: of the arena.
    ///   - mailboxBytes: for each bucket the bytes of one of its mailboxes; 0 where it has none.
    init(floats: Int, slots: Int, mailboxBytes: [Int]) {
        var end = mailboxBytes.count * 2 * SharedCounter.stride
        mailboxes = mailboxBytes.map { bytes in
            defer { end += 2 * wholeLines(bytes) }
            return (end, wholeLines(bytes))
        }
        firstSlot = end
        slotBytes = AlignedFloats.rounded(floats) * MemoryLayout<Float>.stride
        byteCount = end + slots * slotBytes
    }

    func posted(_ bucket: Int) -> Int { bucket * 2 * SharedCounter.stride }
    func stored(_ bucket: Int) -> Int { posted(bucket) + SharedCounter.stride }
    func hasMailboxes(_ bucket: Int) -> Bool { mailboxes[bucket].byteCount > 0 }
    /// A bucket's mailbox for exchanges of even or odd number.
    func mailbox(_ bucket: Int, parity: Int) -> Int { mailboxes[bucket].start + parity * mailboxes[bucket].byteCount }
    func slot(_ number: Int) -> Int { firstSlot + number * slotBytes }
}

/// Bytes rounded up to whole cache lines, so that what stands behind them begins at one.
func wholeLines(_ bytes: Int) -> Int {
    let line = SharedWindow.alignment
    return (bytes + line - 1) / line * line
}
