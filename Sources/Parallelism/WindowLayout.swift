import Kernels
import MPI

/// What stands where in a rank's region of the node's window, in bytes: two counters for each bucket, and the slots, each as long as the
/// arena.
struct WindowLayout {
    private let slotBytes: Int
    private let firstSlot: Int
    let byteCount: Int

    /// - Parameter floats: of the arena.
    init(floats: Int, slots: Int, buckets: Int) {
        firstSlot = buckets * 2 * SharedCounter.stride
        slotBytes = AlignedFloats.rounded(floats) * MemoryLayout<Float>.stride
        byteCount = firstSlot + slots * slotBytes
    }

    func posted(_ bucket: Int) -> Int { bucket * 2 * SharedCounter.stride }
    func stored(_ bucket: Int) -> Int { posted(bucket) + SharedCounter.stride }
    func slot(_ number: Int) -> Int { firstSlot + number * slotBytes }
}
