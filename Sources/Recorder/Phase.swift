/// What a rank is doing, as far as a step program and a command tell.
public enum Phase: UInt32, Sendable, CaseIterable {
    case starting = 0
    case loading = 1
    case forward = 2
    case backward = 3
    case exchange = 4
    case update = 5
    case evaluating = 6
    case checkpointing = 7
    case logging = 8
    case stopping = 9
    /// The process has closed its record: whatever ended it, it got that far.
    case ended = 10
}

/// The kinds of collective that a record tells apart.
public enum CollectiveKind: UInt32, Sendable, CaseIterable {
    case barrier = 0
    case broadcast = 1
    case reduce = 2
    case allReduce = 3
    case reduceScatter = 4
    case gather = 5
    case allGather = 6
    case scatter = 7
    case allToAll = 8

    /// As it is called in text: `all-reduce`.
    public var name: String {
        switch self {
        case .barrier: "barrier"
        case .broadcast: "broadcast"
        case .reduce: "reduce"
        case .allReduce: "all-reduce"
        case .reduceScatter: "reduce-scatter"
        case .gather: "gather"
        case .allGather: "all-gather"
        case .scatter: "scatter"
        case .allToAll: "all-to-all"
        }
    }
}
