/// A way of dividing a training step over ranks.
public enum Strategy: Sendable, Equatable, CaseIterable, CustomStringConvertible {
    case replicated
    case sharded
    case hybrid(HybridScheme)

    public static var allCases: [Strategy] { [.replicated, .sharded] + HybridScheme.allCases.map(Strategy.hybrid) }

    public var description: String {
        switch self {
        case .replicated: "replicated"
        case .sharded: "sharded"
        case .hybrid(let scheme): "hybrid \(scheme.rawValue)"
        }
    }
}

/// How fast ranks compute and talk.
public struct RankRates: Sendable, Equatable {
    /// Seconds before a message's first byte arrives.
    public var latency: Double
    /// Bytes that a rank sends in a second, to whomever.
    public var bandwidth: Double
    /// Floating-point operations that a rank does in a second, in matrix products.
    public var arithmetic: Double

    public init(latency: Double, bandwidth: Double, arithmetic: Double) {
        (self.latency, self.bandwidth, self.arithmetic) = (latency, bandwidth, arithmetic)
    }

    func seconds(sending bytes: Double, in messages: Int) -> Double {
        bytes == 0 ? 0 : Double(messages) * latency + bytes / bandwidth
    }
}
