import Foundation

/// What the variances of all points tell of each of them: s₀² with d₀ degrees of freedom, as if that much had been seen before.
///
/// Where the points' variances differ by no more than chance, d₀ is infinite and all have the pooled one; the more they differ, the more
/// each stands for itself. Source: Smyth, "Linear models and empirical Bayes methods for assessing differential expression in microarray
/// experiments", Statistical Applications in Genetics and Molecular Biology 3 (2004), section 6.2.
struct VariancePrior: Equatable {
    /// s₀².
    let variance: Double
    /// d₀.
    let degrees: Double
    /// Of all points together, which no test can have more of.
    let allDegrees: Double

    /// - Returns: nil where no point has two values.
    init?(_ points: [Spread]) {
        let measured = points.filter { $0.count > 1 }.map { (squares: $0.squares, degrees: Double($0.count - 1)) }
        guard !measured.isEmpty else { return nil }
        allDegrees = measured.reduce(0) { $0 + $1.degrees }
        let pooled = measured.reduce(0) { $0 + $1.squares } / allDegrees
        // Equal values, as whole epochs often are, have no logarithm; they are as good as that.
        let least = 1e-4 * pooled
        let logarithms = measured.map { log(max($0.squares / $0.degrees, least)) - digamma($0.degrees / 2) + log($0.degrees / 2) }
        let spread = Spread(logarithms)
        let expected = measured.reduce(0) { $0 + trigamma($1.degrees / 2) } / Double(measured.count)
        guard pooled > 0, let deviation = spread.deviation, deviation * deviation > expected else {
            (variance, degrees) = (pooled, .infinity)
            return
        }
        degrees = 2 * inverseTrigamma(deviation * deviation - expected)
        variance = exp(spread.mean + digamma(degrees / 2) - log(degrees / 2))
    }

    /// A point's variance, its own and the prior one weighed by their degrees of freedom, and the degrees of the result.
    func moderated(_ point: Spread) -> (variance: Double, degrees: Double) {
        let own = Double(max(0, point.count - 1))
        guard degrees.isFinite else { return (variance, allDegrees) }
        return ((degrees * variance + (own > 0 ? point.squares : 0)) / (degrees + own), min(degrees + own, allDegrees))
    }
}

/// ψ(x) of x > 0: by recurrence to where its asymptotic series is exact. Source: Abramowitz and Stegun, 6.3.5 and 6.3.18.
func digamma(_ x: Double) -> Double {
    if x < 10 { return digamma(x + 1) - 1 / x }
    let square = 1 / (x * x)
    return log(x) - 1 / (2 * x) - square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square / 240)))
}

/// ψ′(x) of x > 0. Source: Abramowitz and Stegun, 6.4.6 and 6.4.12.
func trigamma(_ x: Double) -> Double {
    if x < 10 { return trigamma(x + 1) + 1 / (x * x) }
    let square = 1 / (x * x)
    let series: Double = 1 / 6 - square * (1 / 30 - square * (1 / 42 - square / 30))
    return 1 / x + square / 2 + square / x * series
}

/// The x > 0 at which ψ′ is `value` > 0; ψ′ falls from infinity to 0.
func inverseTrigamma(_ value: Double) -> Double {
    // 1/x < ψ′(x) < 1/x + 1/x².
    var (low, high) = (1 / value, 1 / value + 1 / value.squareRoot())
    for _ in 0..<100 {
        let middle = (low + high) / 2
        if trigamma(middle) > value { low = middle } else { high = middle }
    }
    return high
}
