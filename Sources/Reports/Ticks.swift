import Foundation

/// The values that an axis names, and those that it only marks.
struct Ticks: Equatable {
    struct Tick: Equatable {
        let value: Double
        let label: String
    }

    /// Rising.
    let major: [Tick]
    /// Rising; without the major ones.
    let minor: [Double]
}

/// An even step between ticks: 1, 2 or 5 times a power of ten (Heckbert's "nice numbers", Graphics Gems, 1990).
struct NiceStep: Equatable {
    /// 1, 2 or 5.
    let mantissa: Int
    let exponent: Int

    var size: Double { value(at: 1) }

    /// The smallest nice step with which at most `count` steps cover `span`.
    ///
    /// - Parameter whole: whether values between whole numbers mean nothing, as half an epoch does.
    init(span: Double, count: Int, whole: Bool = false) {
        let raw = span / Double(max(count, 1))
        let exponent = Int(floor(log10(raw)))
        if whole, exponent < 0 {
            (mantissa, self.exponent) = (1, 0)
            return
        }
        let fraction = raw / pow(10, Double(exponent))
        // A hair above a nice number is that number: 0.30000000000000004 in three steps.
        let candidates = [(1, exponent), (2, exponent), (5, exponent)]
        (mantissa, self.exponent) = candidates.first { fraction <= Double($0.0) * (1 + 1e-9) } ?? (1, exponent + 1)
    }

    /// `index` times the step, rounded once: 3 × 0.1 is 0.3.
    func value(at index: Int) -> Double {
        let multiple = Double(index * mantissa)
        return exponent >= 0 ? multiple * pow(10, Double(exponent)) : multiple / pow(10, Double(-exponent))
    }

    /// The last multiple at or below a value.
    func indexBelow(_ value: Double) -> Int { Int(floor(value / size + 1e-6)) }
    /// The first multiple at or above a value.
    func indexAbove(_ value: Double) -> Int { Int(ceil(value / size - 1e-6)) }

    /// Multiples within a range, all written with as many decimals as the step needs.
    func ticks(in range: ClosedRange<Double>) -> [Ticks.Tick] {
        let (first, last) = (indexAbove(range.lowerBound), indexBelow(range.upperBound))
        guard first <= last else { return [] }
        let largest = max(abs(value(at: first)), abs(value(at: last)))
        return (first...last).map { Ticks.Tick(value: value(at: $0), label: label(value(at: $0), largest: largest)) }
    }

    private func label(_ value: Double, largest: Double) -> String {
        let power = largest > 0 ? Int(floor(log10(largest) + 1e-9)) : 0
        if value != 0, power >= 7 || exponent < -5 {
            return scientific(value, exponent: power, decimals: max(0, power - exponent))
        }
        return fixed(value, decimals: value == 0 && exponent < -5 ? 0 : max(0, -exponent))
    }
}
