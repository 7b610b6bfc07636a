/// A sum of losses in which order cannot matter: fixed point with 2⁻⁴⁰ as its unit, whole units and fractions summed apart.
///
/// Integer addition is associative, so any division of the samples over ranks and steps gives the same sum to the last digit. Each sample
/// is rounded once, by at most 2⁻⁴¹. After every addition whole units are carried, so that fractions stay below one.
public struct ExactSum: Sendable, Equatable, Codable {
    public private(set) var whole: Int64 = 0
    public private(set) var fraction: Int64 = 0

    private static let unit = 0x1p40

    public init() {}

    public init(whole: Int64, fraction: Int64) {
        self.whole = whole
        self.fraction = fraction
    }

    /// Adds a value with |value| < 2⁴⁰; returns false, adding nothing, where it is larger or not finite.
    public mutating func add(_ value: Double) -> Bool {
        guard value.magnitude < Self.unit else { return false }
        let floor = value.rounded(.down)
        whole &+= Int64(floor)
        fraction &+= Int64(((value - floor) * Self.unit).rounded(.toNearestOrEven))
        carry()
        return true
    }

    /// Moves whole units out of the fraction. Sums over ranks, which MPI adds up word by word, are carried by the next addition.
    private mutating func carry() {
        whole &+= fraction >> 40
        fraction &= (1 << 40) - 1
    }

    /// Whether both words are such as additions leave.
    public var isSane: Bool { whole.magnitude < 1 << 62 && (0..<1 << 40).contains(fraction) }

    public static func += (sum: inout ExactSum, other: ExactSum) {
        sum.whole &+= other.whole
        sum.fraction &+= other.fraction
        sum.carry()
    }

    public var value: Double { Double(whole) + Double(fraction) / Self.unit }
}

/// What is summed over samples while training or evaluating; all of it exact.
public struct Figures: Sendable, Equatable, Codable {
    public var loss = ExactSum()
    public var samples = 0
    /// Samples whose largest logit is that of their label.
    public var correct = 0
    /// Samples whose loss is not a finite number (or beyond 2⁴⁰).
    public var nonFinite = 0

    public init() {}

    public static func += (sum: inout Figures, other: Figures) {
        sum.loss += other.loss
        sum.samples += other.samples
        sum.correct += other.correct
        sum.nonFinite += other.nonFinite
    }

    /// The mean over all samples; NaN where a sample's loss was not finite, or where there are no samples.
    public var meanLoss: Double { samples == 0 || nonFinite > 0 ? .nan : loss.value / Double(samples) }
    public var accuracy: Double { samples == 0 ? .nan : Double(correct) / Double(samples) }
    /// The share of samples whose largest logit is not that of their label.
    public var error: Double { samples == 0 ? .nan : Double(samples - correct) / Double(samples) }
}
