import MPI

/// How a global batch of some size goes through divided linear layers.
public struct LinearSchedule: Sendable {
    public let passes: [LinearPass]
    /// The samples that each rank has.
    let shares: Blocks
    /// The place in the global batch of this rank's first sample.
    let firstPlace: Int

    /// - Parameters:
    ///   - shares: as many as there are passes, but in scheme a.
    ///   - ranks: what each rank has of the global batch.
    public init(_ scheme: HybridScheme, shares: [Range<Int>], ranks: [Range<Int>], rank: Int) {
        passes = scheme.passes(shares: shares, ranks: ranks)
        self.shares = Blocks(counts: ranks.map(\.count))
        firstPlace = ranks[rank].lowerBound
    }
}

/// The most samples that a rank of a hybrid world holds at a time.
public struct HybridCapacity: Sendable, Equatable {
    public let globalBatch: Int
    /// This rank's own.
    public let share: Int
    /// Of one pass.
    public let pass: Int

    public init(globalBatch: Int, share: Int, pass: Int) { (self.globalBatch, self.share, self.pass) = (globalBatch, share, pass) }
}
