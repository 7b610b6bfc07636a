import Foundation

/// Ticks of a logarithmic axis.
enum LogarithmicTicks {
    /// Powers of the base, thinned out to at most `count`; between them, where every power of ten has its name, their multiples as minor
    /// ticks. Where the range holds fewer than two powers: multiples 1, 2 and 5, or else even steps.
    static func ticks(in range: ClosedRange<Double>, scale: Scale, count: Int) -> Ticks {
        let (low, high) = (scale.place(of: range.lowerBound), scale.place(of: range.upperBound))
        // Values that are powers up to rounding count as such.
        let (first, last) = (Int(ceil(low - 1e-9)), Int(floor(high + 1e-9)))
        if last - first >= 1 {
            let stride = max(1, Int((Double(last - first + 1) / Double(max(count, 1))).rounded(.up)))
            // Multiples of the stride, so that 10⁻⁶, 10⁻³ and 1 are named, not 10⁻⁵ and 10⁻²; where there is but one, any.
            let start = Int((Double(first) / Double(stride)).rounded(.up)) * stride
            let powers = Array(Swift.stride(from: start + stride <= last ? start : first, through: last, by: stride))
            return Ticks(
                major: powers.map { tick(power(of: scale, $0), isPower: true) },
                minor: stride == 1 ? minor(in: range, scale: scale) : between(powers, first, last, scale))
        }
        let multiples = multiples([1, 2, 5], in: range)
        if scale == .log10, multiples.count >= 2, multiples.count <= max(count, 2) {
            return Ticks(
                major: multiples.map { tick($0, isPower: false) },
                minor: minor(in: range, scale: scale).filter { !multiples.contains($0) })
        }
        let step = NiceStep(span: range.upperBound - range.lowerBound, count: count)
        return Ticks(major: step.ticks(in: range).filter { $0.value > 0 }, minor: [])
    }

    /// Exact for what is exact: 0.001 is 1 ÷ 1000, not the nearest of a logarithm.
    static func power(of scale: Scale, _ exponent: Int) -> Double {
        if scale == .log2 { return scalbn(1, exponent) }
        return multiple(1, ofPower: exponent)
    }

    private static func tick(_ value: Double, isPower: Bool) -> Ticks.Tick {
        Ticks.Tick(value: value, label: brief(value, digits: isPower ? 6 : 2))
    }

    private static func minor(in range: ClosedRange<Double>, scale: Scale) -> [Double] {
        guard scale == .log10 else { return [] }
        return multiples([2, 3, 4, 5, 6, 7, 8, 9], in: range)
    }

    /// Powers that have no name for want of room.
    private static func between(_ named: [Int], _ first: Int, _ last: Int, _ scale: Scale) -> [Double] {
        (first...last).filter { !named.contains($0) }.map { power(of: scale, $0) }
    }

    private static func multiples(_ factors: [Int], in range: ClosedRange<Double>) -> [Double] {
        let (low, high) = (range.lowerBound, range.upperBound)
        let decades = Int(floor(Foundation.log10(low)))...Int(floor(Foundation.log10(high)))
        let values = decades.flatMap { decade in factors.map { multiple($0, ofPower: decade) } }
        return values.filter { $0 >= low * (1 - 1e-9) && $0 <= high * (1 + 1e-9) }
    }

    private static func multiple(_ factor: Int, ofPower exponent: Int) -> Double {
        exponent < 0 ? Double(factor) / pow(10, Double(-exponent)) : Double(factor) * pow(10, Double(exponent))
    }
}
