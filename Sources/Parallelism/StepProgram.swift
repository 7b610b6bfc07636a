import Networks

/// A sum over all ranks.
public enum Collective: Sendable, Equatable, CustomStringConvertible {
    /// Gradients: this range of the arena, in floats.
    case gradients(Range<Int>)
    /// The exact sums of losses, hits and counts.
    case figures
    /// The sums of one BatchNorm layer (its number from 0, in forward order).
    case statistics(Int)

    public var description: String {
        switch self {
        case .gradients(let range): "gradients \(range.lowerBound)..<\(range.upperBound)"
        case .figures: "figures"
        case .statistics(let layer): "statistics of BatchNorm layer \(layer)"
        }
    }
}

/// One operation of a step.
public enum Operation: Sendable, Equatable, CustomStringConvertible {
    /// Sets this rank's gradients and figures to zero.
    case clear
    /// Lays weights out as the kernels want them.
    case prepare
    /// One direction through the network for some of this rank's micro-batches (their numbers in the global batch) as one.
    case compute(microBatches: Range<Int>, Direction)
    /// One direction through one stage of the network for all of this rank's micro-batches together.
    case computeStage(Int, Direction)
    /// Adds up over all ranks, and returns when the sum is there.
    case exchange(Collective)
    /// One step of the optimiser over this range of the arena, with the gradient divided once by the true number of samples.
    case update(Range<Int>)
    /// One step of the running statistics, from the sums that were exchanged beside the gradients.
    case updateStatistics

    public var description: String {
        switch self {
        case .clear: "clear"
        case .prepare: "prepare weights"
        case .compute(let group, let direction):
            group.count == 1
                ? "\(direction.rawValue) micro-batch \(group.lowerBound)"
                : "\(direction.rawValue) micro-batches \(group.lowerBound) to \(group.upperBound - 1)"
        case .computeStage(let stage, let direction): "\(direction.rawValue) stage \(stage)"
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

    /// Replicated data parallelism with one blocking sum at the end: every rank holds all parameters, computes the
    /// gradients of its own micro-batches, all gradients are added up by MPI_Allreduce, and every rank takes the same step.
    ///
    /// The figures are exchanged first: a loss that is not finite is known to all ranks before any parameter changes.
    /// - Parameters:
    ///   - groups: this rank's micro-batches, those that are computed together side by side.
    ///   - trainedCount: floats of the arena that the optimiser updates.
    ///   - arenaCount: floats of the whole arena; what is behind the trained ones are running statistics.
    public static func replicated(groups: [Range<Int>], trainedCount: Int, arenaCount: Int) -> StepProgram {
        StepProgram(
            operations: [.clear, .prepare]
                + groups.flatMap { [.compute(microBatches: $0, .forward), .compute(microBatches: $0, .backward)] }
                + ending(trainedCount: trainedCount, arenaCount: arenaCount))
    }

    /// The same with BatchNorm's statistics over the global batch: all of a rank's micro-batches go through the network together, and stop
    /// at each of its BatchNorm layers, forward and backward, for the sum over all ranks.
    public static func replicated(synchronisedBatchNorms count: Int, trainedCount: Int, arenaCount: Int) -> StepProgram {
        let forward = (0..<count).flatMap { [.computeStage($0, .forward), .exchange(.statistics($0))] as [Operation] }
        let backward = (0..<count).reversed().flatMap {
            [.exchange(.statistics($0)), .computeStage($0, .backward)] as [Operation]
        }
        let turn: [Operation] = [.computeStage(count, .forward), .computeStage(count, .backward)]
        return StepProgram(
            operations: [.clear, .prepare] + forward + turn + backward + ending(trainedCount: trainedCount, arenaCount: arenaCount))
    }

    private static func ending(trainedCount: Int, arenaCount: Int) -> [Operation] {
        [.exchange(.figures), .exchange(.gradients(0..<arenaCount)), .update(0..<trainedCount)]
            + (arenaCount > trainedCount ? [.updateStatistics] : [])
    }

    public var description: String { operations.map(\.description).joined(separator: "\n") }
}
