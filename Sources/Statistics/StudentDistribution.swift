import Foundation

/// Student's t distribution, by the regularised incomplete beta function.
public enum StudentDistribution {
    /// P(T ≤ t) with `degrees` of freedom.
    static func cumulative(_ t: Double, degrees: Double) -> Double {
        let tail = 0.5 * incompleteBeta(degrees / 2, 0.5, at: degrees / (degrees + t * t))
        return t > 0 ? 1 - tail : tail
    }

    /// The t that is exceeded, on either side, with probability `level`: 12.7 for 0.05 and one degree of freedom.
    public static func twoSidedQuantile(level: Double, degrees: Double) -> Double {
        var (low, high) = (0.0, 1.0)
        while 2 * (1 - cumulative(high, degrees: degrees)) > level, high < 1e12 { high *= 2 }
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if 2 * (1 - cumulative(middle, degrees: degrees)) > level { low = middle } else { high = middle }
        }
        return high
    }

    /// I_x(a, b) by its continued fraction, evaluated by Lentz's method. Source: Press et al., "Numerical Recipes", 3rd edition, 6.4.
    private static func incompleteBeta(_ a: Double, _ b: Double, at x: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        // The fraction converges fast on one side of the mean; the other is its mirror.
        guard x <= (a + 1) / (a + b + 2) else { return 1 - incompleteBeta(b, a, at: 1 - x) }
        let logBeta: Double = lgamma(a) + lgamma(b) - lgamma(a + b)
        let front: Double = exp(a * log(x) + b * log(1 - x) - logBeta) / a
        let tiny = 1e-300
        var (c, d) = (1.0, 1 - (a + b) * x / (a + 1))
        d = 1 / (abs(d) < tiny ? tiny : d)
        var fraction = d
        for m in 1...300 {
            let k = Double(m)
            let place: Double = a + 2 * k
            let even: Double = k * (b - k) * x / ((place - 1) * place)
            let odd: Double = -(a + k) * (a + b + k) * x / (place * (place + 1))
            var change = 1.0
            for term in [even, odd] {
                d = 1 + term * d
                d = 1 / (abs(d) < tiny ? tiny : d)
                c = 1 + term / c
                c = abs(c) < tiny ? tiny : c
                change = c * d
                fraction *= change
            }
            if abs(change - 1) < 1e-15 { break }
        }
        return front * fraction
    }
}
