/// Euclidean norms over flat ranges.
public enum Norm {
    /// Σ x², in Double and in one fixed order.
    public static func sumOfSquares(count: Int, _ values: UnsafePointer<Float>) -> Double {
        var sums = SIMD4<Double>()
        var i = 0
        while i + 4 <= count {
            let x = SIMD4<Double>(Double(values[i]), Double(values[i + 1]), Double(values[i + 2]), Double(values[i + 3]))
            sums += x * x
            i += 4
        }
        var sum = sums.sum()
        while i < count {
            sum += Double(values[i]) * Double(values[i])
            i += 1
        }
        return sum
    }
}
