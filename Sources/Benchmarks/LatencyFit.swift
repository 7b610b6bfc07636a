import Statistics

/// Times of messages of several sizes as t = latency + bytes / bandwidth.
public struct LatencyFit: Sendable, Equatable {
    /// Seconds.
    public let latency: Double
    /// Bytes per second.
    public let bandwidth: Double

    /// The line whose relative errors are least, by `RelativeFit`; it does not fall, nor begin below 0.
    ///
    /// - Returns: nil where there are not two sizes.
    public init?(_ times: [(bytes: Int, seconds: Double)]) {
        guard let fit = RelativeFit(times.map { ([1, Double($0.bytes)], $0.seconds) }) else { return nil }
        (latency, bandwidth) = (fit.costs[0], 1 / fit.costs[1])
    }
}
