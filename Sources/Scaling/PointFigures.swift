import Statistics
import Timing

/// What follows from one point's turns.
public struct PointFigures: Sendable, Equatable {
    public let mode: ScalingMode
    public let ranks: Int
    /// Of the point, among single-rank ones; empty for others.
    public let label: String
    /// Images per second of each turn.
    public let rates: [Double]
    /// By how much faster than the baseline in the same turn; nil where they share no turn.
    public let speedUp: PairedRatio?
    /// By how much faster than as many independent copies in the same turn; nil where there were none.
    public let againstCopies: PairedRatio?
    /// The mean of a step's parts, over turns and ranks.
    public let parts: StepParts

    /// A wider one is to be measured again, or marked.
    public static let widestSpread = 0.1

    public var rate: Double { rates.median }
    /// The width of the rates' 95 % interval ÷ their median, which more turns make narrower; nil for one turn, which tells of none.
    public var spread: Double? {
        guard rates.count > 1, let interval = PairedRatio(rates.map { ($0, 1) }) else { return nil }
        return (interval.high - interval.low) / rate
    }
    public var isTooWide: Bool { spread.map { !($0 <= Self.widestSpread) } ?? false }

    /// Speed-up ÷ ranks.
    public var efficiency: PairedRatio? { speedUp?.divided(by: Double(ranks)) }

    /// The serial fraction that the speed-up S on N ranks tells of: one that grows with N tells of overhead, one that stays of work that is
    /// not divided. Nil for one rank.
    ///
    /// In strong scaling of one rank's time, e = (1/S − 1/N) ÷ (1 − 1/N): Karp and Flatt, "Measuring Parallel Processor Performance",
    /// Communications of the ACM 33 (5), 1990. In weak scaling of N ranks' time, s = (N − S) ÷ (N − 1): Gustafson, "Reevaluating Amdahl's
    /// Law", Communications of the ACM 31 (5), 1988.
    public var serialFraction: Double? {
        guard ranks > 1, let speedUp = speedUp?.median else { return nil }
        return mode == .strong
            ? Self.serialFraction(speedUp: speedUp, ranks: ranks) : (Double(ranks) - speedUp) / Double(ranks - 1)
    }

    static func serialFraction(speedUp: Double, ranks: Int) -> Double? {
        guard ranks > 1 else { return nil }
        let share = 1 / Double(ranks)
        return (1 / speedUp - share) / (1 - share)
    }

    init(_ point: ScalingPoint, baseline: ScalingPoint?, copies: IndependentCopies?) {
        (mode, ranks, label) = (point.mode, point.ranks, point.label)
        let turns = point.turns.compactMap { $0 }
        rates = turns.map(\.imagesPerSecond)
        parts = .mean(turns.flatMap { $0.ranks.map(\.parts) })
        func ratio(to rates: [Double?]) -> PairedRatio? {
            PairedRatio(
                zip(point.turns, rates).compactMap { turn, other in
                    turn.flatMap { turn in other.map { (turn.imagesPerSecond, $0) } }
                })
        }
        speedUp = baseline.flatMap { ratio(to: $0.turns.map { $0?.imagesPerSecond }) }
        againstCopies = copies.flatMap { ratio(to: $0.rates) }
    }
}

extension IndependentCopies {
    /// Images per second of all copies together, for each turn; nil where a copy is missing.
    public var rates: [Double?] {
        turns.map { $0.count == count ? $0.reduce(0) { $0 + $1.imagesPerSecond } : nil }
    }
}

extension ScalingRecord {
    /// The single-rank point with the largest median rate: what N ranks must beat, never a crippled one.
    public func baseline(_ mode: ScalingMode) -> ScalingPoint? {
        points.filter { $0.mode == mode && $0.ranks == 1 && !$0.rates.isEmpty }.max { $0.rates.median < $1.rates.median }
    }

    /// Modes that were measured.
    public var modes: [ScalingMode] { ScalingMode.allCases.filter { mode in points.contains { $0.mode == mode } } }

    /// The figures of all points of a mode, by ranks; of single-rank ones the baseline first.
    public func figures(_ mode: ScalingMode) -> [PointFigures] {
        let baseline = baseline(mode)
        let sorted = points.filter { $0.mode == mode && !$0.rates.isEmpty }.sorted {
            ($0.ranks, $0 == baseline ? 0 : 1, $0.label) < ($1.ranks, $1 == baseline ? 0 : 1, $1.label)
        }
        return sorted.map { point in
            PointFigures(point, baseline: baseline, copies: copies.first { $0.mode == mode && $0.count == point.ranks })
        }
    }
}

extension ScalingPoint {
    /// Images per second of each turn that was measured.
    public var rates: [Double] { turns.compactMap { $0?.imagesPerSecond } }
}
