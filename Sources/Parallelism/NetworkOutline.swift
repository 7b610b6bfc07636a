import Networks

/// What a step program has to know of a plan.
public struct NetworkOutline: Sendable, Equatable {
    /// Floats of the arena that the optimiser updates; what is behind them are running statistics.
    public let trainedCount: Int
    public let arenaCount: Int
    /// For each stage, in forward order, the passes of the way back that belong to it; those of the last stage come first.
    public let backwardPasses: [Range<Int>]
    /// For each pass of the way back, how many floats at the beginning of the arena are final behind it.
    public let finalCounts: [Int]

    public init(trainedCount: Int, arenaCount: Int, backwardPasses: [Range<Int>], finalCounts: [Int]) {
        (self.trainedCount, self.arenaCount) = (trainedCount, arenaCount)
        (self.backwardPasses, self.finalCounts) = (backwardPasses, finalCounts)
    }

    public init(_ plan: Plan) {
        self.init(
            trainedCount: plan.layout.trainedCount, arenaCount: plan.layout.arenaCount,
            backwardPasses: (0..<plan.stageCount).map { plan.backwardPasses(ofStage: $0) },
            finalCounts: (0..<plan.backwardPassCount).map { plan.finalGradients(afterBackwardPass: $0) })
    }

    var hasStatistics: Bool { arenaCount > trainedCount }
    var stages: Range<Int> { backwardPasses.indices }
    var passes: Range<Int> { finalCounts.indices }
}
