import Foundation

extension SIMD4 where Scalar == UInt32 {
    /// Four numbers in [0, 1), multiples of 2⁻²⁴, from the upper 24 bits of each word.
    @inlinable
    public var unitFloats: SIMD4<Float> {
        SIMD4<Float>(self &>> 8) * 0x1p-24
    }

    /// Four numbers of the standard normal distribution, by Box and Muller's transform of two pairs, computed in Double:
    /// √(−2 ln u) · (cos 2πv, sin 2πv) with u in (0, 1].
    public var normalFloats: SIMD4<Float> {
        var result = SIMD4<Float>()
        for pair in 0..<2 {
            let u = (Double(self[2 * pair]) + 1) * 0x1p-32
            let v = Double(self[2 * pair + 1]) * 0x1p-32
            let radius = (-2 * log(u)).squareRoot()
            result[2 * pair] = Float(radius * cos(2 * .pi * v))
            result[2 * pair + 1] = Float(radius * sin(2 * .pi * v))
        }
        return result
    }
}
