import Kernels

/// The quick way for a short bucket within one node: each rank puts a copy of its partial sums where all see it, and every rank adds all of
/// them up for itself. One signal from rank to rank instead of two, for additions that are done as many times as there are ranks.
///
/// Mailboxes take turns between two exchanges. A rank writes the same one again two exchanges later; it has then finished the one between,
/// which every rank had begun, and so finished reading the one before.
struct BucketMailboxes {
    private let own: [[UnsafeMutablePointer<Float>]]
    private let slots: [UnsafePointer<Float>]
    private let leaves: [[UnsafeMutableRawPointer]]
    private let result: [[UnsafeMutableRawPointer]]
    private let count: Int

    /// Up to this many values the copy costs less than the second signal.
    static let largestCount = 1_024

    /// The floats of a rank's mailbox: each partial sum begins at a cache line.
    static func floats(count: Int, partialSums: Int) -> Int { partialSums * AlignedFloats.rounded(count) }

    init(memory: NodeMemory, plan: ExchangePlan, range: Range<Int>, bucket: Int) {
        func place(_ number: Int, of place: Int, parity: Int) -> UnsafeMutableRawPointer {
            memory.mailbox(bucket: bucket, parity: parity, of: place)
                + Self.floats(count: range.count, partialSums: number) * MemoryLayout<Float>.stride
        }
        let ownPlace = plan.map.place
        let numbers = 0..<plan.partialSums(ofPlace: ownPlace)
        own = [0, 1].map { parity in
            numbers.map { place($0, of: ownPlace, parity: parity).assumingMemoryBound(to: Float.self) }
        }
        slots = numbers.map {
            UnsafePointer(memory.float(range.lowerBound, slot: $0, of: ownPlace).assumingMemoryBound(to: Float.self))
        }
        leaves = [0, 1].map { parity in plan.nodeParts.map { place($0.number, of: $0.holder, parity: parity) } }
        result = [[memory.float(range.lowerBound, slot: 0, of: ownPlace)]]
        count = range.count
    }

    /// Copies this rank's partial sums, before it says that it has posted them.
    func put(exchange: UInt64) {
        for (slot, place) in zip(slots, own[Int(exchange % 2)]) { WireType.fp32.round(count: count, from: slot, to: place) }
    }

    /// Adds up what all ranks have put.
    func sum(exchange: UInt64, by treeSum: TreeSum) {
        treeSum.run(
            count: count, leaves: leaves[Int(exchange % 2)], leafFormat: .fp32, results: result, resultFormat: .fp32)
    }
}
