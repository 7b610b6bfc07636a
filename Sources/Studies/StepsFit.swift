import Foundation

/// S(B) = S_min · (1 + B_crit ÷ B), the steps to a goal against batch size. Source: McCandlish et al., arXiv:1812.06162, equation 2.11.
///
/// Fitted to log S by Gauss and Newton's method in the logarithms of both constants, so that a step count counts by its ratio, and both stay
/// above zero.
public struct StepsFit: Sendable, Equatable {
    public let leastSteps: Double
    public let criticalBatch: Double
    /// The share of the variance of log S that the curve explains.
    public let determination: Double

    /// Whether the form tells enough of how steps hang on the batch to speak of its regimes.
    public var explains: Bool { determination >= 0.9 }

    public func steps(at batch: Double) -> Double { leastSteps * (1 + criticalBatch / batch) }

    /// Up to here S·B, the samples to the goal, is within a fifth of its least: perfect scaling.
    public var perfectScalingEnd: Double { criticalBatch / 5 }
    /// From here S is within a fifth of its least: larger batches bring next to nothing.
    public var parallelismLimit: Double { criticalBatch * 5 }

    /// - Returns: nil for fewer than three points, which two constants fit in any case.
    public init?(_ points: [(batch: Double, steps: Double)]) {
        guard points.count > 2, points.allSatisfy({ $0.batch > 0 && $0.steps > 0 }) else { return nil }
        // S is a + b ÷ B: least squares of the ratios give the beginning.
        var (a, b) = Self.ratioFit(points)
        let smallest = points.map(\.steps).min() ?? 1
        a = a > 0 ? a : smallest * 0.1
        b = b > 0 ? b : smallest * (points.map(\.batch).min() ?? 1) * 0.1
        var (logA, logB) = (log(a), log(b))
        func residuals(_ logA: Double, _ logB: Double) -> Double {
            points.reduce(0) { sum, point in
                let r = log(point.steps) - log(exp(logA) + exp(logB) / point.batch)
                return sum + r * r
            }
        }
        var damping = 1e-3
        var error = residuals(logA, logB)
        for _ in 0..<200 {
            var (aa, ab, bb, ra, rb) = (0.0, 0.0, 0.0, 0.0, 0.0)
            for point in points {
                let (first, second) = (exp(logA), exp(logB) / point.batch)
                let (da, db) = (first / (first + second), second / (first + second))
                let r = log(point.steps) - log(first + second)
                (aa, ab, bb, ra, rb) = (aa + da * da, ab + da * db, bb + db * db, ra + da * r, rb + db * r)
            }
            let determinant = (aa + damping) * (bb + damping) - ab * ab
            let stepA = ((bb + damping) * ra - ab * rb) / determinant
            let stepB = ((aa + damping) * rb - ab * ra) / determinant
            let tried = residuals(logA + stepA, logB + stepB)
            if tried <= error {
                (logA, logB, error, damping) = (logA + stepA, logB + stepB, tried, damping / 10)
                if abs(stepA) + abs(stepB) < 1e-12 { break }
            } else {
                damping *= 10
            }
        }
        leastSteps = exp(logA)
        criticalBatch = exp(logB - logA)
        let mean = points.reduce(0) { $0 + log($1.steps) } / Double(points.count)
        let total = points.reduce(0) { $0 + (log($1.steps) - mean) * (log($1.steps) - mean) }
        determination = total > 0 ? 1 - error / total : 0
    }

    /// a and b with the least Σ((a + b ÷ B) ÷ S − 1)².
    private static func ratioFit(_ points: [(batch: Double, steps: Double)]) -> (Double, Double) {
        var (pp, pq, qq, p, q) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for point in points {
            let (u, v) = (1 / point.steps, 1 / (point.batch * point.steps))
            (pp, pq, qq, p, q) = (pp + u * u, pq + u * v, qq + v * v, p + u, q + v)
        }
        let determinant = pp * qq - pq * pq
        return determinant == 0 ? (0, 0) : ((qq * p - pq * q) / determinant, (pp * q - pq * p) / determinant)
    }
}

/// A straight line through points, by least squares; here y and x are logarithms, and the slope an exponent.
func slope(_ points: [(x: Double, y: Double)]) -> Double? {
    guard points.count > 1 else { return nil }
    let (meanX, meanY) = (
        points.reduce(0) { $0 + $1.x } / Double(points.count), points.reduce(0) { $0 + $1.y } / Double(points.count)
    )
    let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
    return spread > 0 ? points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread : nil
}
