/// A sum over all ranks.
public enum Collective: Sendable, Equatable, CustomStringConvertible {
    /// Gradients: this range of the arena, in floats.
    case gradients(Range<Int>)
    /// The exact sums of losses, hits and counts.
    case figures

    public var description: String {
        switch self {
        case .gradients(let range): "gradients \(range.lowerBound)..<\(range.upperBound)"
        case .figures: "figures"
        }
    }
}

public enum Direction: String, Sendable {
    case forward
    case backward
}

/// One operation of a step.
public enum Operation: Sendable, Equatable, CustomStringConvertible {
    /// Sets this rank's gradients and figures to zero.
    case clear
    /// One direction through the network for one of this rank's micro-batches (its number in the global batch).
    case compute(microBatch: Int, Direction)
    /// Adds up over all ranks, and returns when the sum is there.
    case exchange(Collective)
    /// One step of the optimiser over this range of the arena, with the gradient divided once by the true number of samples.
    case update(Range<Int>)
    /// One step of the running statistics, from the sums that were exchanged beside the gradients.
    case updateStatistics

    public var description: String {
        switch self {
        case .clear: "clear"
        case .compute(let microBatch, let direction): "\(direction.rawValue) micro-batch \(microBatch)"
        case .exchange(let collective): "exchange \(collective)"
        case .update(let range): "update \(range.lowerBound)..<\(range.upperBound)"
        case .updateStatistics: "update running statistics"
        }
    }
}

/// What a rank does in a step, as data: a flat list of operations, run in order by the one loop in Training.
///
/// Each way of keeping the ranks in step is another list, not another loop.
public struct StepProgram: Sendable, Equatable, CustomStringConvertible {
    public let operations: [Operation]

    /// Replicated data parallelism with one blocking sum at the end (`--exchange mpi`): every rank holds all parameters, computes the
    /// gradients of its own micro-batches, all gradients are added up by MPI_Allreduce, and every rank takes the same step.
    ///
    /// The figures are exchanged first: a loss that is not finite is known to all ranks before any parameter changes.
    /// - Parameters:
    ///   - microBatches: this rank's.
    ///   - trainedCount: floats of the arena that the optimiser updates.
    ///   - arenaCount: floats of the whole arena; what is behind the trained ones are running statistics.
    public static func replicated(microBatches: Range<Int>, trainedCount: Int, arenaCount: Int) -> StepProgram {
        StepProgram(
            operations: [.clear]
                + microBatches.flatMap { [.compute(microBatch: $0, .forward), .compute(microBatch: $0, .backward)] }
                + [.exchange(.figures), .exchange(.gradients(0..<arenaCount)), .update(0..<trainedCount)]
                + (arenaCount > trainedCount ? [.updateStatistics] : []))
    }

    public var description: String { operations.map(\.description).joined(separator: "\n") }
}
