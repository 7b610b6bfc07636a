/// A figure over the seeds of a point: its mean, and how far it strays.
public struct Spread: Sendable, Equatable {
    public let values: [Double]

    public init(_ values: [Double]) { self.values = values }

    public var count: Int { values.count }
    public var mean: Double { values.isEmpty ? .nan : values.reduce(0, +) / Double(count) }

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
/// A t test with the deviation pooled over all points, at a level of 0.05 shared out evenly (Bonferroni) over all pairs that are
/// compared: where no point differs from any other, all are told to be the same in 95 of 100 studies.
public struct DifferenceTest: Sendable, Equatable {
    /// The pooled standard deviation; nil where no point has two seeds.
    public let deviation: Double?
    private let quantile: Double

    /// - Parameter comparisons: the pairs that are compared; nil for all.
    public init(_ points: [Spread], comparisons: Int? = nil) {
        let degrees = points.reduce(0) { $0 + max(0, $1.count - 1) }
        let measured = points.filter { $0.count > 0 }.count
        guard degrees > 0, measured > 1 else {
            (deviation, quantile) = (nil, .infinity)
            return
        }
        deviation = (points.reduce(0) { $0 + ($1.count > 1 ? $1.squares : 0) } / Double(degrees)).squareRoot()
        quantile = StudentDistribution.twoSidedQuantile(
            level: 0.05 / Double(comparisons ?? measured * (measured - 1) / 2), degrees: Double(degrees))
    }

    /// The least difference of means that is beyond the spread; nil where the spread is unknown.
    public func critical(_ a: Spread, _ b: Spread) -> Double? {
        guard let deviation, a.count > 0, b.count > 0 else { return nil }
        return quantile * deviation * (1 / Double(a.count) + 1 / Double(b.count)).squareRoot()
    }

    /// Whether `a` is larger than `b` beyond the spread.
    public func isLarger(_ a: Spread, _ b: Spread) -> Bool { critical(a, b).map { a.mean - b.mean > $0 } ?? false }
}
