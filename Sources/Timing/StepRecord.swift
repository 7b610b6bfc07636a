import Kernels

/// What one measured run holds: the steps of one recipe on so many ranks, warm-up apart, as each rank's clocks saw them.
///
/// A bucket becomes ready where its start stands in `RankSteps.operations`: behind the operations before it.
public struct StepRecord: Sendable, Codable, Equatable {
    /// When the first measured step began: ISO 8601, in UTC.
    public var measuredAt: String
    public var model: String
    /// Samples per step over all ranks, and the micro-batches that they are cut into.
    public var globalBatch: Int
    public var microBatches: Int
    public var exchange: Exchange
    public var buckets: [Bucket]
    /// One for each rank, in order.
    public var ranks: [RankSteps]
    /// What one message between each two hosts takes, measured beside the steps while nothing else travels; empty for one host.
    public var links: [Link]
    /// Whether compute operations slept the times of another record.
    public var isReplayed: Bool

    /// In which way gradients become the same on all ranks.
    public struct Exchange: Sendable, Codable, Equatable {
        /// `none`: each rank keeps its own, as independent copies do.
        public enum Method: String, Sendable, Codable { case none, tree, mpi }
        public enum Placement: String, Sendable, Codable { case replicated, sharded, hybrid }

        public var method: Method
        public var placement: Placement
        /// Whether buckets start as soon as their gradients are there.
        public var isOverlapped: Bool
        /// Whether each micro-batch is a term of the sum of its own (`--reproducible`).
        public var sumsMicroBatches: Bool

        public init(_ method: Method, placement: Placement = .replicated, overlapped: Bool = true, sumsMicroBatches: Bool = false) {
            (self.method, self.placement, isOverlapped, self.sumsMicroBatches) = (method, placement, overlapped, sumsMicroBatches)
        }
    }

    /// A range of the arena of gradients that is exchanged at once.
    public struct Bucket: Sendable, Codable, Equatable {
        /// In floats from the arena's beginning.
        public var firstFloat: Int
        public var floats: Int
        public var wire: WireType

        public init(firstFloat: Int, floats: Int, wire: WireType = .fp32) {
            (self.firstFloat, self.floats, self.wire) = (firstFloat, floats, wire)
        }

        public var range: Range<Int> { firstFloat..<firstFloat + floats }
        /// In memory; on the wire they may be fewer.
        public var bytes: Int { floats * MemoryLayout<Float>.stride }
    }

    /// A pair of hosts, and messages from one to the other.
    public struct Link: Sendable, Codable, Equatable {
        public var from: String
        public var to: String
        /// Seconds of an empty message, and bytes per second of long ones.
        public var latency: Double
        public var bandwidth: Double

        public init(from: String, to: String, latency: Double, bandwidth: Double) {
            (self.from, self.to, self.latency, self.bandwidth) = (from, to, latency, bandwidth)
        }
    }

    public init(
        measuredAt: String, model: String, globalBatch: Int, microBatches: Int, exchange: Exchange, buckets: [Bucket],
        ranks: [RankSteps], links: [Link] = [], isReplayed: Bool = false
    ) {
        (self.measuredAt, self.model, self.globalBatch, self.microBatches) = (measuredAt, model, globalBatch, microBatches)
        (self.exchange, self.buckets, self.ranks) = (exchange, buckets, ranks)
        (self.links, self.isReplayed) = (links, isReplayed)
    }
}

/// The steps of one rank.
public struct RankSteps: Sendable, Codable, Equatable {
    public var host: String
    /// Samples of a whole global batch that are this rank's.
    public var samples: Int
    /// Wall seconds of each measured step, from one's beginning to the next one's.
    public var steps: [Double]
    /// Of each step, the seconds of what this rank did by itself: whoever has most of them, the others wait for.
    public var ownWork: [Double]
    /// Which of those steps ended with a checkpoint, from 0; nil in records of earlier versions.
    public var checkpoints: [Int]?
    /// The mean of a step; each part timed by itself.
    public var parts: StepParts
    /// Seconds from the first step's beginning to the last one's end, by a clock that the parts know nothing of.
    public var independentSeconds: Double
    /// The step program in its order.
    public var operations: [TimedOperation]
    /// Bytes that the rank sends to other nodes in one step, but for what MPI's own collectives send.
    public var sentBytes: Int
    /// The name of its CPU; empty where the system does not tell.
    public var processor = ""
    /// What its computing takes, for steps that sleep it; nil where computing was slept itself, or layers are divided over ranks.
    public var computing: ComputeTimes?

    public init(
        host: String, samples: Int, steps: [Double], ownWork: [Double], parts: StepParts, independentSeconds: Double,
        operations: [TimedOperation], sentBytes: Int
    ) {
        (self.host, self.samples, self.steps, self.ownWork) = (host, samples, steps, ownWork)
        (self.parts, self.independentSeconds) = (parts, independentSeconds)
        (self.operations, self.sentBytes) = (operations, sentBytes)
    }
}

extension StepRecord {
    /// Whether each rank tells of every step what it did by itself, and has its checkpoints, in order, at steps that it took: whoever reads
    /// a file asks first.
    public var isConsistent: Bool {
        ranks.allSatisfy { rank in
            let checkpoints = rank.checkpoints ?? []
            return rank.ownWork.count == rank.steps.count && checkpoints.allSatisfy(rank.steps.indices.contains)
                && zip(checkpoints, checkpoints.dropFirst()).allSatisfy(<)
        }
    }

    public var rankCount: Int { ranks.count }
    public var hosts: [String] { ranks.map(\.host) }
    /// Different hosts, in the order of their first ranks.
    public var distinctHosts: [String] { hosts.reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
    public var stepCount: Int { ranks.map(\.steps.count).min() ?? 0 }
    public var sentBytes: Int { ranks.reduce(0) { $0 + $1.sentBytes } }

    /// Seconds of a step by the independent clock, of the rank where it is longest.
    public var secondsPerStep: Double { stepCount > 0 ? (ranks.map(\.independentSeconds).max() ?? .nan) / Double(stepCount) : .nan }
    public var imagesPerSecond: Double { Double(globalBatch) / secondsPerStep }

    /// The largest share, over the ranks, by which the parts' sum misses the independent clock.
    public var largestClockDifference: Double {
        ranks.map { rank in
            let clock = rank.independentSeconds / Double(max(1, rank.steps.count))
            return abs(rank.parts.sum - clock) / clock
        }.max() ?? .nan
    }
}
