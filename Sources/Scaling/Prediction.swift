/// What the simulation says of one rank count, written down before it is measured.
public struct Prediction: Sendable, Codable, Equatable {
    public var mode: ScalingMode
    public var ranks: Int
    public var ranksPerNode: Int
    public var globalBatch: Int
    public var secondsPerStep: Double
    /// Seconds of a step that a rank computes, and those that it waits for others' messages.
    public var computeSeconds: Double
    public var waitSeconds: Double
    /// ISO 8601, in UTC: a point that was measured before is no test of it.
    public var madeAt: String
    /// Rank counts of the measured points that it was made from.
    public var madeFrom: [Int]
    /// Where it is not the measurement's own: one that was fitted to sums over just as many hosts.
    public var network: NetworkModel?

    public init(
        _ mode: ScalingMode, ranks: Int, ranksPerNode: Int, globalBatch: Int, secondsPerStep: Double, computeSeconds: Double,
        waitSeconds: Double, madeAt: String, madeFrom: [Int]
    ) {
        (self.mode, self.ranks, self.ranksPerNode, self.globalBatch) = (mode, ranks, ranksPerNode, globalBatch)
        (self.secondsPerStep, self.computeSeconds, self.waitSeconds) = (secondsPerStep, computeSeconds, waitSeconds)
        (self.madeAt, self.madeFrom) = (madeAt, madeFrom)
    }

    public var imagesPerSecond: Double { Double(globalBatch) / secondsPerStep }
}
