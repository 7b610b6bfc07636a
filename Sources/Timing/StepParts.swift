/// What a rank spends the seconds of a step on.
public enum StepPart: String, Sendable, Codable, CaseIterable {
    /// The wait for the next batch, which a thread of its own prepares.
    case data
    /// Weights laid out, and the way forward.
    case forward
    /// The way back, and what of the gradients' sum this rank does alone.
    case backward
    /// The wait for ranks that come later: nobody sends anything meanwhile.
    case waiting
    /// The wait for what is on its way: of the exchange, what computing does not hide.
    case transfer
    case update
    case checkpoint
    /// Comparisons of what the ranks hold, with what is waited for in them.
    case other

    /// As tables and legends name it.
    public var name: String {
        switch self {
        case .data: "data"
        case .forward: "forward"
        case .backward: "backward"
        case .waiting: "waiting for others"
        case .transfer: "transfer not hidden"
        case .update: "update"
        case .checkpoint: "checkpoint"
        case .other: "other"
        }
    }

    /// What a rank does by itself, whatever the others do.
    public var isOwnWork: Bool { self != .waiting && self != .transfer && self != .other }
}

/// Seconds of a step by part: of one rank, the mean over its steps.
public struct StepParts: Sendable, Codable, Equatable {
    public var data = 0.0
    public var forward = 0.0
    public var backward = 0.0
    public var waiting = 0.0
    public var transfer = 0.0
    public var update = 0.0
    public var checkpoint = 0.0
    public var other = 0.0

    public init() {}

    public subscript(part: StepPart) -> Double {
        get { self[keyPath: Self.place(part)] }
        set { self[keyPath: Self.place(part)] = newValue }
    }

    public var sum: Double { StepPart.allCases.reduce(0) { $0 + self[$1] } }

    /// Part by part, the mean of several; nothing of none.
    public static func mean(_ all: [StepParts]) -> StepParts {
        var mean = StepParts()
        for part in StepPart.allCases where !all.isEmpty { mean[part] = all.reduce(0) { $0 + $1[part] } / Double(all.count) }
        return mean
    }

    private static func place(_ part: StepPart) -> WritableKeyPath<StepParts, Double> {
        switch part {
        case .data: \.data
        case .forward: \.forward
        case .backward: \.backward
        case .waiting: \.waiting
        case .transfer: \.transfer
        case .update: \.update
        case .checkpoint: \.checkpoint
        case .other: \.other
        }
    }
}
