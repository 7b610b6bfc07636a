import Kernels
import MPI

/// The quick way for a short bucket within one node: each rank puts a copy of its partial sums where all see it, and every rank adds all of
/// them up for itself. One signal from rank to rank instead of two, and the shortest copies travel in the signal's own cache line.
///
/// Mailboxes take turns between two exchanges. A rank writes the same one again two exchanges later; it has then finished the one between,
/// which every rank had begun, and so finished reading the one before.
struct BucketMailboxes {
    /// Up to this many values the second signal costs more than that every rank reads all of them.
    static let largestCount = 64
    /// Values stand behind the counter.
    private static let head = 16

    /// One for exchanges of even, one for those of odd numbers.
    private let turns: [Turn]
    private let slots: [UnsafePointer<Float>]
    private let result: [[UnsafeMutableRawPointer]]
    private let count: Int

    private struct Turn {
        /// Of all ranks: how many exchanges they have put their copies for.
        let counters: [SharedCounter]
        let own: (counter: SharedCounter, copies: [UnsafeMutablePointer<Float>])
        /// All ranks' copies, as the plan's combination for the node wants them.
        let leaves: [UnsafeMutableRawPointer]
    }

    /// The bytes of a mailbox; 0 where a bucket has none.
    static func byteCount(count: Int, partialSums: Int, nodes: Int) -> Int {
        nodes > 1 || count > largestCount ? 0 : head + partialSums * count * MemoryLayout<Float>.stride
    }

    /// Nil where the bucket has none.
    init?(memory: NodeMemory, plan: ExchangePlan, range: Range<Int>, bucket: Int) {
        let (place, count) = (plan.map.place, range.count)
        guard memory.hasMailboxes(bucket: bucket) else { return nil }
        func copy(_ number: Int, of place: Int, _ parity: Int) -> UnsafeMutableRawPointer {
            memory.mailbox(bucket: bucket, parity: parity, of: place) + Self.head + number * count * MemoryLayout<Float>.stride
        }
        let numbers = 0..<plan.partialSums(ofPlace: place)
        turns = [0, 1].map { parity in
            let counters = memory.places.map { memory.mailboxCounter(bucket: bucket, parity: parity, of: $0) }
            let copies = numbers.map { copy($0, of: place, parity).assumingMemoryBound(to: Float.self) }
            return Turn(
                counters: counters, own: (counters[place], copies),
                leaves: plan.nodeParts.map { copy($0.number, of: $0.holder, parity) })
        }
        slots = numbers.map {
            UnsafePointer(memory.float(range.lowerBound, slot: $0, of: place).assumingMemoryBound(to: Float.self))
        }
        result = [[memory.float(range.lowerBound, slot: 0, of: place)]]
        self.count = count
    }

    /// Puts copies of this rank's partial sums.
    func put(exchange: UInt64) {
        let own = turns[Int(exchange % 2)].own
        for (slot, copy) in zip(slots, own.copies) { WireType.fp32.round(count: count, from: slot, to: copy) }
        own.counter.advance(to: exchange)
    }

    func allHavePut(exchange: UInt64) -> Bool { turns[Int(exchange % 2)].counters.allSatisfy { $0.value >= exchange } }

    /// Adds up what all ranks have put.
    func sum(exchange: UInt64, by treeSum: TreeSum) {
        treeSum.run(
            count: count, leaves: turns[Int(exchange % 2)].leaves, leafFormat: .fp32, results: result, resultFormat: .fp32)
    }
}
