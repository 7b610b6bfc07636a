/// What a random number is for. Numbers drawn for one purpose are independent of those drawn for every other.
///
/// The raw values are part of what makes a run repeatable: never change or reuse one.
public enum Purpose: UInt32, Sendable, CaseIterable {
    case order = 1
    case initialisation = 2
    case dropout = 3
    case augmentation = 4
    case shapes = 5
    case split = 6
    case benchmark = 7
    case study = 8
    case drill = 9
}

/// Random numbers as a pure function of a seed, a purpose and a position: Philox4x32-10.
///
/// There is no state to save, to share or to forget: rank count, threads, resuming and prefetching cannot change what is drawn.
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011, section 3.3.
public struct CounterGenerator: Sendable {
    @usableFromInline let key: SIMD2<UInt32>
    @usableFromInline let purpose: UInt32

    public init(seed: UInt64, purpose: Purpose) {
        self.key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        self.purpose = purpose.rawValue
    }

    /// Four independent 32-bit numbers at the position (c0, c1, c2): ten rounds over the counter (c0, c1, c2, purpose).
    @inlinable
    public func block(_ c0: UInt32, _ c1: UInt32, _ c2: UInt32) -> SIMD4<UInt32> {
        philox4x32(counter: SIMD4(c0, c1, c2, purpose), key: key)
    }
}

/// Ten rounds of Philox with four 32-bit words; the constants are those of the paper and of Random123.
@inlinable
func philox4x32(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var x = counter
    var k = key
    for _ in 0..<10 {
        let p = UInt64(x[0]) &* 0xD251_1F53
        let q = UInt64(x[2]) &* 0xCD9E_8D57
        x = SIMD4(
            UInt32(truncatingIfNeeded: q >> 32) ^ x[1] ^ k[0], UInt32(truncatingIfNeeded: q),
            UInt32(truncatingIfNeeded: p >> 32) ^ x[3] ^ k[1], UInt32(truncatingIfNeeded: p))
        k = SIMD2(k[0] &+ 0x9E37_79B9, k[1] &+ 0xBB67_AE85)
    }
    return x
}
