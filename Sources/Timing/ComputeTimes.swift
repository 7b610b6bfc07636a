import Parallelism

/// What a rank's computing takes, cut as finely as any step program cuts it: what one rank measured serves the programs of others.
///
/// Ways forward and back grow with samples, all else with the floats that it goes over. Those of samples hold for groups of about as many
/// samples as were measured: kernels are not equally fast for few and many.
public struct ComputeTimes: Sendable, Codable, Equatable {
    /// Samples that were computed together, the most at a time.
    public var groupSamples: Int
    /// Seconds of one step's laying out of weights.
    public var prepare: Double
    /// Seconds per sample, of each stage of the way forward.
    public var forward: [Double]
    /// Seconds per sample, of each pass of the way back.
    public var backward: [Double]
    /// Seconds per float of the arena; nil for what the measured program has none of.
    public var clear: Double?
    public var add: Double?
    public var check: Double?
    public var update: Double?
    /// Seconds of one step's running statistics.
    public var updateStatistics: Double

    public init(
        groupSamples: Int, prepare: Double, forward: [Double], backward: [Double], clear: Double? = nil, add: Double? = nil,
        check: Double? = nil, update: Double? = nil, updateStatistics: Double = 0
    ) {
        (self.groupSamples, self.prepare, self.forward, self.backward) = (groupSamples, prepare, forward, backward)
        (self.clear, self.add, self.check, self.update) = (clear, add, check, update)
        self.updateStatistics = updateStatistics
    }

    /// Seconds that an operation computes; nil for those that exchange something, and for what was not measured.
    ///
    /// - Parameters:
    ///   - samples: of the operation's micro-batches.
    ///   - floats: of the arena.
    public func seconds(of operation: Operation, samples: Int, arenaFloats floats: Int) -> Double? {
        switch operation {
        case .prepare: prepare
        case .forward(_, let stages): Self.sum(forward, stages, samples)
        case .backward(_, let passes, _): Self.sum(backward, passes, samples)
        case .clear: clear.map { $0 * Double(floats) }
        case .add(_, let range): add.map { $0 * Double(range.count) }
        case .check(let slots, let range): check.map { $0 * Double(slots.count * range.count) }
        case .update(let range): update.map { $0 * Double(range.count) }
        case .updateStatistics: updateStatistics
        case .exchange, .start, .finish, .linear: nil
        }
    }

    private static func sum(_ perSample: [Double], _ parts: Range<Int>, _ samples: Int) -> Double? {
        parts.upperBound <= perSample.count ? perSample[parts].reduce(0, +) * Double(samples) : nil
    }
}
