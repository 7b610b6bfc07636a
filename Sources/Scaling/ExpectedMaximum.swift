import Foundation

extension [Double] {
    /// The mean of the largest of `count` draws from these values, each of them as likely as the others in every draw.
    ///
    /// The largest is at most the i-th value of m in order with probability (i/m)ᴺ. However large N, it is at most the largest value: what
    /// was never seen is not expected.
    ///
    /// - Returns: not a number where there are no values or no draws.
    func expectedMaximum(of count: Int) -> Double {
        guard !isEmpty, count > 0 else { return .nan }
        let (m, power) = (Double(self.count), Double(count))
        return sorted().enumerated().reduce(0) { sum, value in
            let (below, upTo) = (Double(value.offset) / m, Double(value.offset + 1) / m)
            return sum + value.element * (pow(upTo, power) - pow(below, power))
        }
    }
}
