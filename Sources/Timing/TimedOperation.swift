import Parallelism

/// An operation of a step program, and how long it took.
public struct TimedOperation: Sendable, Codable, Equatable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// Computing that grows with a rank's samples.
        case forward, backward
        /// Computing over parameters or gradients, whatever the samples: clear, prepare, add, check.
        case parameters
        case update
        /// The beginning and the end of a bucket's exchange.
        case start, finish
        /// A sum over all ranks by MPI, which is there when the operation returns.
        case collective
        /// Of linear layers that are divided over the ranks.
        case linear
    }

    /// As the program describes it.
    public let name: String
    public let kind: Kind
    /// Of the ways there and back: the first of the micro-batches that are computed together.
    public let microBatch: Int?
    /// Of a bucket's start and finish: its number, and what is done with it.
    public let bucket: Int?
    public let form: ExchangeForm?
    /// What a collective sums; 0 for others.
    public let bytes: Int
    /// Seconds of one step, the mean over the steps; of a finish and a collective with all that is waited for.
    public var seconds: Double

    public init(
        _ name: String, _ kind: Kind, seconds: Double, microBatch: Int? = nil, bucket: Int? = nil, form: ExchangeForm? = nil,
        bytes: Int = 0
    ) {
        (self.name, self.kind, self.microBatch) = (name, kind, microBatch)
        (self.bucket, self.form, self.bytes, self.seconds) = (bucket, form, bytes, seconds)
    }

    /// - Parameter bytes: of what a collective sums.
    public init(_ operation: Operation, seconds: Double, bytes: Int = 0) {
        let name = operation.description
        switch operation {
        case .forward(let group, _): self.init(name, .forward, seconds: seconds, microBatch: group.lowerBound)
        case .backward(let group, _, _): self.init(name, .backward, seconds: seconds, microBatch: group.lowerBound)
        case .clear, .prepare, .add, .check: self.init(name, .parameters, seconds: seconds)
        case .update, .updateStatistics: self.init(name, .update, seconds: seconds)
        case .start(let bucket, let form): self.init(name, .start, seconds: seconds, bucket: bucket, form: form)
        case .finish(let bucket, let form): self.init(name, .finish, seconds: seconds, bucket: bucket, form: form)
        case .exchange: self.init(name, .collective, seconds: seconds, bytes: bytes)
        case .linear: self.init(name, .linear, seconds: seconds)
        }
    }

    /// Whether buckets that are under way go on meanwhile: the others do not call MPI.
    public var polls: Bool {
        switch kind {
        case .backward, .finish, .collective, .linear: true
        case .forward, .parameters, .update, .start: false
        }
    }
}
