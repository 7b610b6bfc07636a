/// A figure over the seeds of a point: its mean, and how far it strays.
public struct Spread: Sendable, Equatable {
    public let values: [Double]

    public init(_ values: [Double]) { self.values = values }

    public var count: Int { values.count }
    public var mean: Double { values.isEmpty ? .nan : values.reduce(0, +) / Double(count) }

    public var least: Double? { values.min() }
    public var most: Double? { values.max() }

    /// Sum of squared distances from the mean.
    var squares: Double { values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } }

    /// The sample's standard deviation; nil for fewer than two values.
    public var deviation: Double? { count > 1 ? (squares / Double(count - 1)).squareRoot() : nil }

    /// Half of the 95 % t-interval of the mean, t · s / √n; nil for fewer than two values.
    public var halfInterval: Double? {
        deviation.map {
            StudentDistribution.twoSidedQuantile(level: 0.05, degrees: Double(count - 1)) * $0 / Double(count).squareRoot()
        }
    }
}

/// When two points differ: by more than chance makes of seeds.
///
/// A t test with each point's variance moderated by those of all points (`VariancePrior`), Satterthwaite's degrees of freedom, and a level of
/// 0.05 shared out evenly (Bonferroni) over all pairs that are compared: where no point differs from any other, all are told to be the same
/// in 95 of 100 studies.
public struct DifferenceTest: Sendable {
    /// Nil where no point has two seeds.
    private let prior: VariancePrior?
    private let level: Double

    /// - Parameter comparisons: the pairs that are compared; nil for all.
    public init(_ points: [Spread], comparisons: Int? = nil) {
        let measured = points.count { $0.count > 0 }
        prior = measured > 1 ? VariancePrior(points) : nil
        level = 0.05 / Double(max(1, comparisons ?? measured * (measured - 1) / 2))
    }

    /// Whether there is a spread to hold differences against.
    public var isKnown: Bool { prior != nil }

    /// The least difference of means that is beyond the spread; nil where the spread is unknown.
    public func critical(_ a: Spread, _ b: Spread) -> Double? {
        guard let prior, a.count > 0, b.count > 0 else { return nil }
        let parts = [a, b].map { point in
            let (variance, degrees) = prior.moderated(point)
            return (variance: variance / Double(point.count), degrees: degrees)
        }
        let variance = parts[0].variance + parts[1].variance
        guard variance > 0 else { return 0 }
        let degrees = variance * variance / parts.reduce(0) { $0 + $1.variance * $1.variance / $1.degrees }
        return StudentDistribution.twoSidedQuantile(level: level, degrees: min(degrees, prior.allDegrees)) * variance.squareRoot()
    }

    /// Whether `a` is larger than `b` beyond the spread.
    public func isLarger(_ a: Spread, _ b: Spread) -> Bool { critical(a, b).map { a.mean - b.mean > $0 } ?? false }
}
