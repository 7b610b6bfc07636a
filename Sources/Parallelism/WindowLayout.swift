import Kernels
import MPI

/// What stands where in a rank's region of the node's window, in bytes: two counters for each bucket, mailboxes of the buckets that have some,
/// and the slots, each as long as the arena.
struct WindowLayout {
    private let slotBytes: Int
    private let mailboxes: [Int]
    private let mailboxBytes: [Int]
    private let firstSlot: Int
    let byteCount: Int

    /// - Parameters:
    ///   - floats: of the arena.
    ///   - mailboxFloats: for each bucket the floats of one mailbox; 0 where it has none.
    init(floats: Int, slots: Int, mailboxFloats: [Int]) {
        var end = mailboxFloats.count * 2 * SharedCounter.stride
        var mailboxes: [Int] = []
        mailboxBytes = mailboxFloats.map { AlignedFloats.rounded($0) * MemoryLayout<Float>.stride }
        for bytes in mailboxBytes {
            mailboxes.append(end)
            end += 2 * bytes
        }
        self.mailboxes = mailboxes
        firstSlot = end
        slotBytes = AlignedFloats.rounded(floats) * MemoryLayout<Float>.stride
        byteCount = end + slots * slotBytes
    }

    func posted(_ bucket: Int) -> Int { bucket * 2 * SharedCounter.stride }
    func stored(_ bucket: Int) -> Int { posted(bucket) + SharedCounter.stride }
    /// A bucket's mailbox for exchanges of even or odd number.
    func mailbox(_ bucket: Int, parity: Int) -> Int { mailboxes[bucket] + parity * mailboxBytes[bucket] }
    func slot(_ number: Int) -> Int { firstSlot + number * slotBytes }
}
