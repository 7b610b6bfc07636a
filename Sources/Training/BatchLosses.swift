/// Mean and variance of the mean losses of an epoch's batches, batch by batch. Source: Welford, Technometrics 4 (1962).
public struct BatchLosses: Sendable, Equatable, Codable {
    public private(set) var count = 0
    public private(set) var mean = 0.0
    /// Sum of squared distances from the mean.
    private var squares = 0.0

    public init() {}

    /// The sample variance; nil for fewer than two batches.
    public var variance: Double? { count > 1 ? squares / Double(count - 1) : nil }

    mutating func observe(_ loss: Double) {
        count += 1
        let distance = loss - mean
        mean += distance / Double(count)
        squares += distance * (loss - mean)
    }

    var isSane: Bool { (0...Int(Int32.max)).contains(count) && mean.isFinite && squares.isFinite && squares >= 0 }
}
