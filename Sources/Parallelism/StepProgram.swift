import Networks

/// A sum over all ranks, by MPI, that is there when the operation returns.
public enum Collective: Sendable, Equatable, CustomStringConvertible {
    /// Gradients: this range of the arena, in floats.
    case gradients(Range<Int>)
    /// The exact sums of losses, hits and counts.
    case figures
    /// The sums of one BatchNorm layer (its number from 0, in forward order).
    case statistics(Int)

    public var description: String {
        switch self {
        case .gradients(let range): "gradients \(range.text)"
        case .figures: "figures"
        case .statistics(let layer): "statistics of BatchNorm layer \(layer)"
        }
    }
}

/// One operation of a step.
///
/// Micro-batches are given by their numbers in the global batch; those of one operation are computed as one. Gradients stand in slots, each
/// as long as the arena; the sum over all ranks comes to slot 0.
public enum Operation: Sendable, Equatable, CustomStringConvertible {
    /// Sets a slot's gradients to zero.
    case clear(slot: Int)
    /// Lays weights out as the kernels want them.
    case prepare
    /// The way forward through some stages of the network, which begin and end at the sums of its BatchNorm layers.
    case forward(microBatches: Range<Int>, stages: Range<Int>)
    /// Some passes of the way back; the gradients are added to a slot.
    case backward(microBatches: Range<Int>, passes: Range<Int>, slot: Int)
    /// One node of the tree: adds a range of a slot to that of the slot before it.
    case add(slot: Int, range: Range<Int>)
    /// Looks for gradients that are no finite numbers in a range of some slots: once they are summed, nobody knows whose they were.
    case check(slots: Range<Int>, range: Range<Int>)
    /// Adds up over all ranks.
    case exchange(Collective)
    /// Begins the exchange of a bucket: of gradients, or, where it is an all-gather, of parameters.
    case start(bucket: Int, ExchangeForm)
    /// Returns when a bucket's exchange is over.
    case finish(bucket: Int, ExchangeForm)
    /// One step of the optimiser over this range of the arena, with the gradient divided once by the true number of samples.
    case update(Range<Int>)
    /// For linear layers that are divided over the ranks.
    case linear(LinearOperation)
    /// One step of the running statistics, from the sums that were exchanged beside the gradients.
    case updateStatistics

    public var description: String {
        switch self {
        case .clear(let slot): "clear slot \(slot)"
        case .prepare: "prepare weights"
        case .forward(let group, let stages): "forward \(Self.text(group)), stages \(stages.text)"
        case .backward(let group, let passes, let slot): "backward \(Self.text(group)), passes \(passes.text), to slot \(slot)"
        case .add(let slot, let range): "add slot \(slot) to slot \(slot - 1), \(range.text)"
        case .check(let slots, let range): "check slots \(slots.text), \(range.text)"
        case .exchange(let collective): "exchange \(collective)"
        case .start(let bucket, let form): "start \(form) of bucket \(bucket)"
        case .finish(let bucket, let form): "finish \(form) of bucket \(bucket)"
        case .update(let range): "update \(range.text)"
        case .linear(let operation): operation.description
        case .updateStatistics: "update running statistics"
        }
    }

    /// Whether it has its counterpart on every other rank.
    public var isExchange: Bool {
        switch self {
        case .exchange, .start, .finish, .linear: true
        case .clear, .prepare, .forward, .backward, .add, .check, .update, .updateStatistics: false
        }
    }

    private static func text(_ group: Range<Int>) -> String {
        group.count == 1 ? "micro-batch \(group.lowerBound)" : "micro-batches \(group.lowerBound) to \(group.upperBound - 1)"
    }
}

/// What a rank does in a step, as data: a flat list of operations, run in order by the one loop in Training.
///
/// Each way of keeping the ranks in step is another list, not another loop.
public struct StepProgram: Sendable, Equatable, CustomStringConvertible {
    public let operations: [Operation]

    init(_ operations: [Operation]) { self.operations = operations }

    /// What has its counterpart on every other rank, and must be the same there.
    public var exchanges: [Operation] { operations.filter(\.isExchange) }

    public var description: String { operations.map(\.description).joined(separator: "\n") }
}

extension Range<Int> {
    fileprivate var text: String { "\(lowerBound)..<\(upperBound)" }
}
