import Timing

/// What a share of a batch takes a rank that goes by the program of many: what predictions are made from.
public struct MeasuredShare: Sendable, Equatable {
    /// Of each turn what was measured at once: ranks that train alone (`lockstep bench training --independent --as-one-of-many`), or one
    /// record of ranks that train together.
    public var turns: [[StepRecord]]

    public init(turns: [[StepRecord]] = []) { self.turns = turns }
}
