/// Whether values are numbers.
public enum Finiteness {
    /// The index of the first infinity or NaN; nil where there is none. One pass over memory, at its speed.
    public static func firstNonFinite(count: Int, _ values: UnsafePointer<Float>) -> Int? {
        for start in stride(from: 0, to: count, by: block) {
            let length = min(block, count - start)
            if largestMagnitudeBits(count: length, values + start) >= Float.infinity.bitPattern {
                return (start..<start + length).first { !values[$0].isFinite }
            }
        }
        return nil
    }

    /// Whether none is an infinity or a NaN; for buffers of some hundred values.
    public static func holds(count: Int, _ values: UnsafePointer<Double>) -> Bool {
        (0..<count).allSatisfy { values[$0].isFinite }
    }

    private static let block = 4_096

    /// The bits of finite magnitudes are smaller than infinity's, and those of NaNs larger.
    private static func largestMagnitudeBits(count: Int, _ values: UnsafePointer<Float>) -> UInt32 {
        var largest = SIMD16<UInt32>()
        var i = 0
        while i + 16 <= count {
            let bits = UnsafeRawPointer(values + i).loadUnaligned(as: SIMD16<UInt32>.self) & 0x7FFF_FFFF
            largest = pointwiseMax(largest, bits)
            i += 16
        }
        var result = largest.max()
        while i < count {
            result = max(result, values[i].magnitude.bitPattern)
            i += 1
        }
        return result
    }
}
