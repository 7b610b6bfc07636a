/// A permutation of 0 ..< count as a pure function of (seed, epoch, position): nothing is stored, so nothing can be lost or shuffled
/// twice, and any position costs the same.
///
/// A Feistel network over the smallest even number of bits that can hold `count` permutes a power of four; a value that falls outside
/// 0 ..< count is sent through again until it falls inside ("cycle walking", fewer than four rounds on average). Source: Black and
/// Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002.
public struct Permutation: Sendable {
    public let count: Int
    private let halfBits: UInt32
    private let halfMask: UInt32
    private let keys: (SIMD4<UInt32>, SIMD4<UInt32>)

    /// - Precondition: 0 < count ≤ 2³².
    public init(count: Int, seed: UInt64, epoch: Int = 0, purpose: Purpose = .order) {
        self.count = count
        let bits = UInt32(Int.bitWidth - max(count - 1, 1).leadingZeroBitCount)
        halfBits = (bits + 1) / 2
        halfMask = (1 << halfBits) - 1
        let generator = CounterGenerator(seed: seed, purpose: purpose)
        let epochWord = UInt32(truncatingIfNeeded: epoch)
        keys = (generator.block(0, 0, epochWord), generator.block(1, 0, epochWord))
    }

    /// The element at `position`.
    /// - Precondition: 0 ≤ position < count.
    public subscript(position: Int) -> Int {
        var value = permuted(UInt64(position))
        while value >= UInt64(count) { value = permuted(value) }
        return Int(value)
    }

    private func permuted(_ value: UInt64) -> UInt64 {
        var left = UInt32(truncatingIfNeeded: value >> UInt64(halfBits))
        var right = UInt32(truncatingIfNeeded: value) & halfMask
        for round in 0..<8 {
            let key = round < 4 ? keys.0[round] : keys.1[round - 4]
            (left, right) = (right, left ^ (scrambled(right, key) & halfMask))
        }
        return UInt64(left) << UInt64(halfBits) | UInt64(right)
    }

    /// A keyed mix of 32 bits: the finaliser of MurmurHash3.
    private func scrambled(_ value: UInt32, _ key: UInt32) -> UInt32 {
        var x = (value &+ key) &* 0x9E37_79B9
        x = (x ^ (x &>> 16)) &* 0x85EB_CA6B
        x = (x ^ (x &>> 13)) &* 0xC2B2_AE35
        return x ^ (x &>> 16) ^ key
    }
}
