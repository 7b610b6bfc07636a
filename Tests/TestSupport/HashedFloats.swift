/// Numbers in [−1, 1) that look random, follow from (stream, index) alone, and are the same to the last bit in any language.
///
/// A 32-bit integer hash (the finaliser of MurmurHash3) whose upper 24 bits are scaled by a power of two, so that no operation rounds.
/// `NetworksTests/Golden/make_golden.py` computes the same numbers: golden files need not hold what goes in.
public func hashedFloats(_ count: Int, stream: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { hashedFloat(index: $0, stream: stream) * scale }
}

/// One of these numbers.
public func hashedFloat(index: Int, stream: Int) -> Float {
    Float(Int(hashed(index: index, stream: stream) >> 8) - 0x80_0000) * 0x1p-23
}

/// A number in 0 ..< bound.
public func hashedInteger(below bound: Int, index: Int, stream: Int) -> Int {
    Int((UInt64(hashed(index: index, stream: stream)) * UInt64(bound)) >> 32)
}

private func hashed(index: Int, stream: Int) -> UInt32 {
    var x = UInt32(truncatingIfNeeded: index) &* 0x9E37_79B9 &+ UInt32(truncatingIfNeeded: stream) &* 0x85EB_CA6B
    x = (x ^ (x >> 16)) &* 0x85EB_CA6B
    x = (x ^ (x >> 13)) &* 0xC2B2_AE35
    return x ^ (x >> 16)
}
