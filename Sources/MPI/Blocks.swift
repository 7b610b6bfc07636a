import Diagnostics

/// How a buffer is divided over ranks: rank r has `counts[r]` elements from `offsets[r]`, without gaps. Made once, used in every step.
public struct Blocks: Equatable, Sendable {
    /// The number of elements of each rank.
    public let counts: [Int]
    /// Where each rank's elements begin.
    public let offsets: [Int]
    /// The length of the whole buffer.
    public let total: Int

    /// The same for C, empty where the total does not fit 32 bits (no single call is made then).
    let counts32: [Int32]
    let offsets32: [Int32]
    /// The length of every block, if all are equal.
    let commonCount: Int?

    /// - Precondition: no count is negative.
    public init(counts: [Int]) {
        require(counts.allSatisfy { $0 >= 0 }, "a block has no negative length, found \(counts)")
        var offsets: [Int] = []
        var total = 0
        for count in counts {
            offsets.append(total)
            total += count
        }
        self.counts = counts
        self.offsets = offsets
        self.total = total
        counts32 = total <= Int32.max ? counts.map { Int32($0) } : []
        offsets32 = total <= Int32.max ? offsets.map { Int32($0) } : []
        commonCount = Set(counts).count == 1 ? counts.first : nil
    }

    /// Equal blocks, one for each of `ranks`.
    public init(of count: Int, ranks: Int) {
        self.init(counts: Array(repeating: count, count: ranks))
    }

    /// Where rank r's elements are in the whole buffer.
    public func range(of rank: Int) -> Range<Int> { offsets[rank]..<offsets[rank] + counts[rank] }

    /// Checks a rank's buffers against the division; the message names the call.
    func requireFit(_ call: StaticString, on communicator: Communicator, whole: Int?, own: Int?) {
        require(
            counts.count == communicator.size, "\(call): blocks for \(counts.count) ranks, but there are \(communicator.size)")
        if let whole { require(whole == total, "\(call): the whole buffer has \(whole) elements, its blocks \(total)") }
        if let own {
            let count = counts[communicator.rank]
            require(own == count, "\(call): rank \(communicator.rank)'s buffer has \(own) elements, its block \(count)")
        }
    }
}
