import Kernels
import MPI
import Parallelism

/// An exchange of known values, and the sums that must come out, computed by one rank alone.
struct ExchangeFixture {
    /// Shorter than a cache line, around the longest bucket with mailboxes, fewer lines than ranks, and parts of several blocks.
    static let lengths = [1, 13, 64, 65, 1_025, 9_001]

    let exchange: GradientExchange
    let terms: [Range<Int>]
    private let rank: Int

    /// - Parameter count: of the terms, as evenly over ranks as can be; the first ones get one more.
    init(
        _ world: Communicator, ranksPerNode: Int, terms count: Int, wire: WireType = .fp32, lengths: [Int] = Self.lengths
    ) throws {
        let blocks = Blocks(dividing: count, ranks: world.size)
        terms = (0..<world.size).map(blocks.range(of:))
        rank = world.rank
        // The last bucket comes first in the arena, and a gap of three floats stands between two.
        var (start, buckets): (Int, [ExchangeBucket]) = (5, [])
        for length in lengths.reversed() {
            buckets.insert(ExchangeBucket(start..<start + length, wire: wire), at: 0)
            start += length + 3
        }
        exchange = try GradientExchange(
            world: world, ranksPerNode: ranksPerNode, floats: start, terms: terms, buckets: buckets)
    }

    /// What a term's value is: neither exact under addition nor of like magnitudes.
    static func value(term: Int, index: Int, step: Int) -> Float {
        let mixed = (UInt32(truncatingIfNeeded: term &* 7_919 &+ index &* 104_729 &+ step &* 15_485_863) &* 2_654_435_761) >> 8
        return (Float(mixed) * 0x1p-23 - 1) * [1, 0x1p-6, 3, 0x1p-11][(term + index) % 4]
    }

    /// Writes this rank's terms, one after the other, and adds up what it can.
    func fill(step: Int) {
        var depth = 0
        for (term, merges) in zip(terms[rank], exchange.ownTerms.merges) {
            for bucket in exchange.buckets {
                for index in bucket.range { exchange.slots[depth][index] = Self.value(term: term, index: index, step: step) }
            }
            depth += 1
            for _ in 0..<merges {
                depth -= 1
                for bucket in exchange.buckets { add(depth - 1, depth, bucket) }
            }
        }
    }

    private func add(_ left: Int, _ right: Int, _ bucket: ExchangeBucket) {
        guard let a = exchange.slots[left].baseAddress, let b = exchange.slots[right].baseAddress else { return }
        let start = bucket.range.lowerBound
        bucket.wire.add(count: bucket.range.count, a + start, b + start, to: a + start)
    }

    /// The sum of all terms by plain recursion, rounded where the wire type says.
    func expected(_ bucket: Int, step: Int) -> [Float] {
        let (range, wire) = (exchange.buckets[bucket].range, exchange.buckets[bucket].wire)
        return range.map { index in
            let values = (0..<exchange.tree.terms).map { Self.value(term: $0, index: index, step: step) }
            return treeSum(values[...], rounded: { rounded($0, to: wire) })
        }
    }

    func found(_ bucket: Int) -> [Float] { Array(exchange.slots[0][exchange.buckets[bucket].range]) }
}

func rounded(_ value: Float, to wire: WireType) -> Float {
    switch wire {
    case .fp32: return value
    case .fp16: return Float(Float16(value))
    case .bf16:
        // The two neighbours with 8 bits of precision: the nearer one, or of two equally near the even one.
        let below = Float(bitPattern: value.bitPattern & 0xFFFF_0000)
        let above = Float(bitPattern: (value.bitPattern & 0xFFFF_0000) + 0x1_0000)
        let (down, up) = (abs(Double(value) - Double(below)), abs(Double(above) - Double(value)))
        return down < up || (down == up && (below.bitPattern >> 16).isMultiple(of: 2)) ? below : above
    }
}

/// A node splits at the largest power of two below its length.
func treeSum(_ values: ArraySlice<Float>, rounded: (Float) -> Float) -> Float {
    guard values.count > 1 else { return rounded(values[values.startIndex]) }
    var half = 1
    while half * 2 < values.count { half *= 2 }
    let middle = values.startIndex + half
    return rounded(treeSum(values[..<middle], rounded: rounded) + treeSum(values[middle...], rounded: rounded))
}
