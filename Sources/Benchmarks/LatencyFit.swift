/// Times of messages of several sizes as t = latency + bytes / bandwidth.
public struct LatencyFit: Sendable, Equatable {
    /// Seconds.
    public let latency: Double
    /// Bytes per second.
    public let bandwidth: Double

    /// The line whose relative errors are least in the sum of their squares: else the longest message alone would decide.
    ///
    /// With weights 1/t² the normal equations in (latency, 1/bandwidth) are those of the regression of 1 on (1/t, bytes/t).
    ///
    /// - Returns: nil where there are not two sizes.
    public init?(_ times: [(bytes: Int, seconds: Double)]) {
        guard Set(times.map(\.bytes)).count > 1 else { return nil }
        var (a, b, c, d, e) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for (bytes, seconds) in times {
            let (x, y) = (1 / seconds, Double(bytes) / seconds)
            (a, b, c, d, e) = (a + x * x, b + x * y, c + y * y, d + x, e + y)
        }
        let determinant = a * c - b * b
        latency = (d * c - e * b) / determinant
        bandwidth = determinant / (a * e - b * d)
    }
}
