/// Nothing but fp32 multiply-adds in registers: what a core can do at most, which other kernels are measured against.
///
/// Twelve independent sums, because a core that begins two fused multiply-adds a cycle and takes four or five cycles for each needs eight
/// or ten under way. Sums begin at different values, and all of them are returned, so that the compiler can leave none out.
public enum FusedMultiplyAdd {
    /// Vectors of eight: AVX2's registers. 192 flops a round.
    public static let eightLaneFlops = 2 * 12 * 8
    /// Vectors of sixteen: AVX-512's registers, where the CPU has them; two of AVX2's else, which do not suffice. 384 flops a round.
    public static let sixteenLaneFlops = 2 * 12 * 16

    @inline(never)
    public static func eightLanes(rounds: Int, _ a: Float, _ b: Float) -> Float {
        sum(rounds: rounds, SIMD8(repeating: a), SIMD8(repeating: b)).sum()
    }

    @inline(never)
    public static func sixteenLanes(rounds: Int, _ a: Float, _ b: Float) -> Float {
        sum(rounds: rounds, SIMD16(repeating: a), SIMD16(repeating: b)).sum()
    }

    @inline(__always)
    private static func sum<Vector: SIMD<Float>>(rounds: Int, _ a: Vector, _ b: Vector) -> Vector {
        var first = InlineArray<6, Vector> { Vector(repeating: Float($0)) }
        var second = InlineArray<6, Vector> { Vector(repeating: Float($0 + 6)) }
        for _ in 0..<rounds {
            for i in 0..<6 {
                first[i].addProduct(a, b)
                second[i].addProduct(a, b)
            }
        }
        var total = Vector()
        for i in 0..<6 { total += first[i] + second[i] }
        return total
    }
}
