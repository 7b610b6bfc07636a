import Diagnostics

/// How the samples of a step are divided: a global batch into micro-batches, micro-batches over ranks.
///
/// The micro-batches depend on the recipe alone, never on the ranks: micro-batch m of M of a batch of n samples holds the positions
/// ⌊m·n/M⌋ ..< ⌊(m+1)·n/M⌋, and rank r of R has the micro-batches ⌊r·M/R⌋ ..< ⌊(r+1)·M/R⌋. Sizes differ by at most one; in a short last
/// batch some may be empty.
public struct BatchPartition: Sendable, Equatable {
    public let globalBatch: Int
    public let microBatches: Int
    public let ranks: Int

    /// - Throws: `Failure.usage` where the numbers do not fit each other or the set of `samples`.
    public init(globalBatch: Int, microBatches: Int, ranks: Int, samples: Int) throws {
        guard globalBatch > 0 else {
            throw Failure(.usage, "found a global batch of \(globalBatch), expected at least 1: set --global-batch")
        }
        guard globalBatch <= samples else {
            throw Failure(
                .usage,
                "a global batch of \(globalBatch) is larger than the training set of \(samples) samples: set --global-batch lower")
        }
        guard microBatches > 0, microBatches <= globalBatch else {
            throw Failure(
                .usage,
                "found \(microBatches) micro-batches for a global batch of \(globalBatch), expected between 1 and \(globalBatch): set --micro-batches"
            )
        }
        guard ranks <= microBatches else {
            throw Failure(
                .usage,
                "\(ranks) ranks cannot share \(microBatches) micro-batches, of which each rank takes whole ones: start at most \(microBatches) "
                    + "ranks, or set --micro-batches \(ranks) or more (this changes the experiment)")
        }
        self.globalBatch = globalBatch
        self.microBatches = microBatches
        self.ranks = ranks
    }

    /// The micro-batches of one rank.
    public func microBatches(ofRank rank: Int) -> Range<Int> {
        rank * microBatches / ranks..<(rank + 1) * microBatches / ranks
    }

    /// The positions in a global batch of `count` samples that micro-batch `index` holds.
    public func positions(ofMicroBatch index: Int, inBatchOf count: Int) -> Range<Int> {
        positions(ofMicroBatches: index..<index + 1, inBatchOf: count)
    }

    /// Those of several that are neighbours.
    public func positions(ofMicroBatches range: Range<Int>, inBatchOf count: Int) -> Range<Int> {
        range.lowerBound * count / microBatches..<range.upperBound * count / microBatches
    }

    /// The positions in a global batch of `count` samples that a rank reads.
    public func positions(ofRank rank: Int, inBatchOf count: Int) -> Range<Int> {
        positions(ofMicroBatches: microBatches(ofRank: rank), inBatchOf: count)
    }

    public var largestMicroBatch: Int { (globalBatch + microBatches - 1) / microBatches }
    public func largestShare(ofRank rank: Int) -> Int { microBatches(ofRank: rank).count * largestMicroBatch }
}

/// Where training stands: `sample` samples of `epoch` (both from 0) have been used, in `step` steps since the first.
public struct Position: Sendable, Equatable, Codable {
    public var epoch: Int
    public var sample: Int
    public var step: Int

    public init(epoch: Int = 0, sample: Int = 0, step: Int = 0) {
        self.epoch = epoch
        self.sample = sample
        self.step = step
    }

    /// The samples of the next global batch: `globalBatch`, fewer at the end of an epoch of `samples`.
    public func nextBatchCount(globalBatch: Int, samples: Int) -> Int { min(globalBatch, samples - sample) }

    /// The position after the next global batch.
    public func advanced(globalBatch: Int, samples: Int) -> Position {
        let used = sample + nextBatchCount(globalBatch: globalBatch, samples: samples)
        return used == samples
            ? Position(epoch: epoch + 1, sample: 0, step: step + 1) : Position(epoch: epoch, sample: used, step: step + 1)
    }
}
