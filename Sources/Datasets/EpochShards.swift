import Random

/// Which records each rank reads in an epoch: the order and the partition, written out.
public struct EpochShards: Sendable {
    private let samples: Int
    private let partition: BatchPartition
    private let order: Permutation

    public init(samples: Int, partition: BatchPartition, seed: UInt64, epoch: Int) {
        self.samples = samples
        self.partition = partition
        order = Permutation(count: samples, seed: seed, epoch: epoch)
    }

    public var steps: Int { (samples + partition.globalBatch - 1) / partition.globalBatch }
    /// Samples of the last global batch, which may be short.
    public var lastBatch: Int { samples - (steps - 1) * partition.globalBatch }

    /// The numbers of the records that a rank reads in a step (from 0), in their order.
    public func records(ofRank rank: Int, inStep step: Int) -> [Int] {
        let first = step * partition.globalBatch
        let count = min(partition.globalBatch, samples - first)
        return partition.positions(ofRank: rank, inBatchOf: count).map { order[first + $0] }
    }

    /// How many records a rank reads in the whole epoch.
    public func count(ofRank rank: Int) -> Int {
        (steps - 1) * partition.positions(ofRank: rank, inBatchOf: partition.globalBatch).count
            + partition.positions(ofRank: rank, inBatchOf: lastBatch).count
    }
}
