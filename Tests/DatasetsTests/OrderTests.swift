import Diagnostics
import TestSupport
import Testing

@testable import Datasets

/// How a step's samples are divided, and where training stands.
@Suite struct OrderTests {
    /// Every partition of small numbers, and some of real ones: (global batch, micro-batches, ranks).
    private static let partitions: [(Int, Int, Int)] =
        (1...13).flatMap { batch in (1...batch).flatMap { micro in (1...micro).map { (batch, micro, $0) } } }
        + [(64, 8, 3), (256, 8, 8), (100, 7, 5), (250, 64, 6), (1_000, 999, 500)]

    @Test func microBatchesTileTheBatchAndRanksTileTheMicroBatches() throws {
        var cases = 0
        for (globalBatch, microBatches, ranks) in Self.partitions {
            let partition = try BatchPartition(
                globalBatch: globalBatch, microBatches: microBatches, ranks: ranks, samples: globalBatch)
            for count in Set([1, globalBatch / 2, globalBatch - 1, globalBatch]) where count > 0 {
                let pieces = (0..<microBatches).map { partition.positions(ofMicroBatch: $0, inBatchOf: count) }
                let sizes = pieces.map(\.count)
                #expect(Array(pieces.joined()) == Array(0..<count), "\(partition), \(count) samples")
                #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1 && (sizes.max() ?? 0) <= partition.largestMicroBatch)
                var next = 0
                for rank in 0..<ranks {
                    let mine = partition.microBatches(ofRank: rank)
                    #expect(mine.lowerBound == next && !mine.isEmpty, "rank \(rank) of \(partition)")
                    next = mine.upperBound
                    let places = partition.positions(ofRank: rank, inBatchOf: count)
                    #expect(Array(places) == mine.flatMap { Array(pieces[$0]) })
                    #expect(places.count <= partition.largestShare(ofRank: rank))
                }
                #expect(next == microBatches)
                // What a micro-batch holds does not depend on who computes it.
                let alone = try BatchPartition(globalBatch: globalBatch, microBatches: microBatches, ranks: 1, samples: globalBatch)
                #expect((0..<microBatches).map { alone.positions(ofMicroBatch: $0, inBatchOf: count) } == pieces)
                cases += 1
            }
        }
        #expect(cases > 1_500)
    }

    @Test func positionsRunThroughEpochs() {
        for (samples, globalBatch) in [(10, 4), (12, 4), (5, 5), (7, 1), (50_000, 256)] {
            var position = Position()
            let steps = (samples + globalBatch - 1) / globalBatch
            for epoch in 0..<3 {
                var used = 0
                for step in 0..<steps {
                    #expect(position == Position(epoch: epoch, sample: step * globalBatch, step: epoch * steps + step))
                    let count = position.nextBatchCount(globalBatch: globalBatch, samples: samples)
                    #expect(count == (step == steps - 1 ? samples - (steps - 1) * globalBatch : globalBatch))
                    used += count
                    position = position.advanced(globalBatch: globalBatch, samples: samples)
                }
                #expect(used == samples)
            }
            #expect(position == Position(epoch: 3, sample: 0, step: 3 * steps))
        }
    }

    @Test func wrongNumbersAreRefusedWithWhatToDo() {
        func partition(_ globalBatch: Int, _ microBatches: Int, _ ranks: Int) throws {
            _ = try BatchPartition(globalBatch: globalBatch, microBatches: microBatches, ranks: ranks, samples: 9)
        }
        expectFailure(.usage, mentioning: "found a global batch of 0, expected at least 1", "--global-batch") {
            try partition(0, 1, 1)
        }
        expectFailure(
            .usage, mentioning: "a global batch of 10 is larger than the training set of 9 samples", "--global-batch lower"
        ) { try partition(10, 1, 1) }
        for microBatches in [0, -1, 9] {
            expectFailure(
                .usage, mentioning: "found \(microBatches) micro-batches for a global batch of 8, expected between 1 and 8",
                "--micro-batches"
            ) { try partition(8, microBatches, 1) }
        }
        expectFailure(
            .usage, mentioning: "4 ranks cannot share 3 micro-batches", "start at most 3 ranks", "--micro-batches 4"
        ) { try partition(8, 3, 4) }
    }
}
