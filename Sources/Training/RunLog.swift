import EventLog
import Kernels
import Networks

/// What rank 0 writes down of a run while it goes on: `metrics.csv`, and the same as events for TensorBoard.
final class RunLog {
    private let metrics: MetricsLog
    private let events: RunEvents
    /// What is shown of the model's first layer; nil where that has no filters that could be seen.
    private let filters: FilterPicture.Source?
    /// Epochs between two histograms; 0 for none.
    private let histogramsEvery: Int
    /// A wide linear layer's would be megabytes.
    private static let mostFilters = 64

    /// - Parameter step: the steps that were taken before.
    /// - Throws: `Failure.io`; as `MetricsLog`.
    init(_ run: RunDirectory, goingOnAfter step: Int, experiment: Experiment, execution: Execution, ranks: Int, host: String) throws
    {
        metrics = try MetricsLog(path: run.metrics, resumingAfter: step)
        events = try RunEvents(
            directory: run.path, host: host, goingOnAfter: step, experiment: experiment, execution: execution, ranks: ranks)
        filters = try FilterPicture.Source(firstOf: experiment.resolvedModel())
        histogramsEvery = execution.histogramsEvery
    }

    /// - Throws: what either file refuses, when both have been given the row; they keep it to be written later.
    func append(_ row: MetricsRow) throws {
        let first = Result { try metrics.append(row) }
        try events.append(row)
        try first.get()
    }

    /// Tries once more to write what could not be written.
    func flush() throws {
        try metrics.flush()
        try events.flush()
    }

    /// What the last step has left.
    struct State {
        /// All of them.
        let parameters: AlignedFloats
        let layout: ParameterLayout
        /// Of the last step, summed; nil where this rank has but a part.
        let gradients: AlignedFloats?
        /// Those that the gradients are summed over.
        let samples: Int
    }

    /// Adds, after an epoch whose turn it is, histograms of parameters and mean gradients, and the first layer's filters; these after the
    /// run's last step too.
    ///
    /// - Parameter epoch: how many are over; nil in the middle of one.
    func append(_ state: State, step: Int, epoch: Int?, isLast: Bool) throws {
        let isDue = epoch.map { histogramsEvery > 0 && $0.isMultiple(of: histogramsEvery) } ?? false
        if isDue {
            try events.appendHistograms("parameters", of: state.parameters, state.layout, scale: 1, step: step)
            if let gradients = state.gradients {
                try events.appendHistograms("gradients", of: gradients, state.layout, scale: 1 / Double(state.samples), step: step)
            }
        }
        if isDue || isLast, let filters {
            try events.append(
                FilterPicture(filters, parameters: state.parameters.base, state.layout, most: Self.mostFilters), step: step)
        }
    }

    /// - Parameter end: how training came to its end.
    func append(_ end: SessionEnd) throws { try events.append(end) }
}
