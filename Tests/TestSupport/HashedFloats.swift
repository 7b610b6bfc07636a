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

/// What the parameter of this place in a model is in golden files: weights within the largest power of two that is at most √(6 / fan-in), the
/// half-width of He's uniform distribution; vectors within a quarter of 0, BatchNorm's scales of 1.
public func hashedParameter(named name: String, shape: [Int], ordinal: Int) -> [Float] {
    let isVector = shape.count == 1
    var scale: Float = isVector ? 0.25 : 1
    if !isVector {
        let fanIn = Float(shape.dropLast().reduce(1, *))
        while scale * scale * fanIn > 6 { scale /= 2 }
    }
    let middle: Float = isVector && name.hasSuffix(".weight") ? 1 : 0
    return hashedFloats(shape.reduce(1, *), stream: 100 + ordinal, scale: scale).map { middle + $0 }
}

/// The running means that a model's BatchNorm layer of this place begins with.
public func hashedRunningMean(_ channels: Int, ordinal: Int) -> [Float] {
    hashedFloats(channels, stream: 500 + ordinal, scale: 0.25)
}

/// The running variances.
public func hashedRunningVariance(_ channels: Int, ordinal: Int) -> [Float] {
    hashedFloats(channels, stream: 700 + ordinal, scale: 0.5).map { 1 + $0 }
}

private func hashed(index: Int, stream: Int) -> UInt32 {
    var x = UInt32(truncatingIfNeeded: index) &* 0x9E37_79B9 &+ UInt32(truncatingIfNeeded: stream) &* 0x85EB_CA6B
    x = (x ^ (x >> 16)) &* 0x85EB_CA6B
    x = (x ^ (x >> 13)) &* 0xC2B2_AE35
    return x ^ (x >> 16)
}
