import Parallelism
import Recorder

extension Operation {
    /// What a rank is doing in it, as the flight recorder tells.
    var phase: Phase {
        switch self {
        case .prepare, .forward: .forward
        case .clear, .backward, .add, .check: .backward
        case .exchange, .start, .finish: .exchange
        case .update, .updateStatistics: .update
        case .linear(let operation): operation.phase
        }
    }
}

extension LinearOperation {
    fileprivate var phase: Phase {
        switch self {
        case .forward, .score: .forward
        case .backward: .backward
        case .gatherLabels, .startActivations, .finishActivations, .gatherOutputs, .sumInputGradients, .startReturn, .finishReturn:
            .exchange
        case .update: .update
        }
    }
}
