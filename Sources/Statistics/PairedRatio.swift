import Foundation

/// How many times larger one figure is than another, measured in turns: what drifts from turn to turn is in both of a pair, and in no ratio.
///
/// The interval is Student's 95 % one of the mean of log(a ÷ b) over the turns, back from the logarithm, so that a ÷ b and b ÷ a say the
/// same.
public struct PairedRatio: Sendable, Equatable {
    /// Of each turn.
    public let ratios: [Double]
    /// The interval's ends; not finite where there is but one turn.
    public let low: Double
    public let high: Double

    public var median: Double { ratios.median }

    /// - Parameter pairs: figures above 0.
    /// - Returns: nil where there is no pair.
    public init?(_ pairs: [(a: Double, b: Double)]) {
        guard !pairs.isEmpty, pairs.allSatisfy({ $0.a > 0 && $0.b > 0 && $0.a.isFinite && $0.b.isFinite }) else { return nil }
        self.init(ratios: pairs.map { $0.a / $0.b })
    }

    private init(ratios: [Double]) {
        let logarithms = Spread(ratios.map { log($0) })
        let half = logarithms.halfInterval ?? .infinity
        self.ratios = ratios
        (low, high) = (exp(logarithms.mean - half), exp(logarithms.mean + half))
    }

    /// The ratio to so many times the second figure.
    public func divided(by factor: Double) -> PairedRatio { PairedRatio(ratios: ratios.map { $0 / factor }) }
}
