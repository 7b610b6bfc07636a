import Statistics

/// What the trials of one point came to.
public struct PointResult: Sendable {
    public let point: StudyPoint
    public let outcomes: [TrialOutcome]

    public var label: String { point.label }
    public var done: [TrialOutcome] { outcomes.filter { $0.status == .done } }
    public var diverged: Int { outcomes.count { $0.status == .diverged } }
    public var failed: Int { outcomes.count { if case .failed = $0.status { true } else { false } } }

    /// A figure over the seeds of the trials that trained to their end.
    public func spread(_ measure: Measure) -> Spread { Spread(done.compactMap(measure.value).filter(\.isFinite)) }

    /// The same where every one of them came to the figure; else of nothing.
    func wholeSpread(_ measure: Measure) -> Spread { misses(measure) ? Spread([]) : spread(measure) }

    /// Whether a trial that trained to its end never came to the figure, such as an accuracy.
    public func misses(_ measure: Measure) -> Bool { measure.isMilestone && spread(measure).count < done.count }
}

extension ResultTable {
    public var points: [PointResult] {
        study.points.map { point in PointResult(point: point, outcomes: outcomes.filter { StudyPoint($0.trial) == point }) }
    }
}
