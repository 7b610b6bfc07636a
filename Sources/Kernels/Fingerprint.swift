/// A number that tells whether two arrays are the same in every bit.
///
/// Sixteen lanes of 32 bits, h ← (h ⊕ x)·p with an odd p, are folded into 64 bits by the same rule. Each step is a bijection of h, so that
/// arrays of one length that differ in one value, however little, never agree; others do with a chance of about 2⁻³². Not for keeping out
/// forgeries. One pass over memory.
public enum Fingerprint {
    public static func of(count: Int, _ values: UnsafePointer<Float>) -> UInt64 {
        of(UnsafeRawBufferPointer(start: values, count: count * MemoryLayout<Float>.stride))
    }

    public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var lanes = SIMD16<UInt32>(0..<16)
        var i = 0
        while i + 64 <= bytes.count {
            lanes = mixed(lanes, bytes.loadUnaligned(fromByteOffset: i, as: SIMD16<UInt32>.self))
            i += 64
        }
        if i < bytes.count {
            var rest = SIMD16<UInt32>()
            withUnsafeMutableBytes(of: &rest) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[i...])) }
            lanes = mixed(lanes, rest)
        }
        var folded = UInt64(truncatingIfNeeded: bytes.count)
        for lane in 0..<16 {
            folded = (folded ^ UInt64(lanes[lane])) &* 0x9E37_79B9_7F4A_7C15
            folded ^= folded >> 29
        }
        return folded
    }

    @inline(__always)
    private static func mixed(_ lanes: SIMD16<UInt32>, _ words: SIMD16<UInt32>) -> SIMD16<UInt32> {
        // Multiplication carries differences upwards only: the shift brings them back down.
        let product = (lanes ^ words) &* 0x9E37_79B1
        return product ^ (product &>> 15)
    }
}
