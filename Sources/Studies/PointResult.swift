import Statistics

/// What the trials of one point came to.
public struct PointResult: Sendable {
    public let point: StudyPoint
    public let outcomes: [TrialOutcome]

    public var label: String { point.label }
    /// The point, and how many of its trials diverged where others did not.
    var toldDivergence: String { label + (diverged < outcomes.count ? " (\(diverged) of \(outcomes.count))" : "") }
    public var done: [TrialOutcome] { outcomes.filter { $0.status == .done } }
    public var diverged: Int { outcomes.count { $0.status == .diverged } }
    public var failed: Int { outcomes.count(where: \.hasFailed) }

    /// A figure over the seeds of the trials that trained to their end.
    public func spread(_ measure: Measure) -> Spread { Spread(done.compactMap(measure.value).filter(\.isFinite)) }

    /// The same where every one of them came to the figure; else of nothing.
    func wholeSpread(_ measure: Measure) -> Spread { misses(measure) ? Spread([]) : spread(measure) }

    /// Whether none of the trials came to the figure, though they trained to their ends or diverged on the way.
    func isUnreached(_ measure: Measure) -> Bool {
        measure.isMilestone && !(done.isEmpty && diverged == 0) && done.allSatisfy { measure.value($0) == nil }
    }

    /// Whether a trial that trained to its end never came to the figure, such as an accuracy.
    public func misses(_ measure: Measure) -> Bool { measure.isMilestone && spread(measure).count < done.count }
}

extension ResultTable {
    public var points: [PointResult] {
        study.points.map { point in PointResult(point: point, outcomes: outcomes.filter { StudyPoint($0.trial) == point }) }
    }
}
