import Random
import TestSupport
import Testing

@testable import Datasets

/// The loader over a set of 23 images in global batches of 6: three full ones and a short one of 5 each epoch.
@Suite struct BatchLoaderTests {
    private static let samples = 23
    private static let globalBatch = 6
    private static let steps = 4
    private static let seed: UInt64 = 77

    /// One step of one rank, copied.
    private struct Loaded: Equatable {
        let position: Position
        let globalCount: Int
        let places: Range<Int>
        let labels: [Int32]
        let images: [[Float]]
        /// The images' numbers in the set, as their first pixel tells.
        let numbers: [Int]
    }

    @Test(arguments: [1, 2, 3, 4]) func ranksShareTheGlobalOrderWithoutGapOrRepetition(ranks: Int) throws {
        try withImages { images in
            let partition = try Self.partition(ranks)
            let loaded = try (0..<ranks).map { try Self.load(images, partition, rank: $0, steps: 3 * Self.steps) }
            for epoch in 0..<3 {
                let order = Permutation(count: Self.samples, seed: Self.seed, epoch: epoch)
                var seen: [Int] = []
                for step in epoch * Self.steps..<(epoch + 1) * Self.steps {
                    let first = step % Self.steps * Self.globalBatch
                    let parts = loaded.map { $0[step] }
                    #expect(parts.allSatisfy { $0.position == Position(epoch: epoch, sample: first, step: step) })
                    #expect(parts.allSatisfy { $0.globalCount == (step % Self.steps == Self.steps - 1 ? 5 : 6) })
                    #expect(parts.flatMap { Array($0.places) } == Array(0..<parts[0].globalCount), "step \(step)")
                    let numbers = parts.flatMap(\.numbers)
                    #expect(numbers == (0..<parts[0].globalCount).map { order[first + $0] }, "step \(step)")
                    #expect(parts.flatMap(\.labels) == numbers.map { Int32($0 % 10) })
                    seen += numbers
                }
                #expect(seen.sorted() == Array(0..<Self.samples), "epoch \(epoch)")
            }
        }
    }

    @Test func startingInTheMiddleGoesOnTheSame() throws {
        try withImages { images in
            let partition = try Self.partition(2)
            let whole = try Self.load(images, partition, rank: 1, steps: 10, augmentation: .standard)
            for start in [1, 3, 4, 6] {
                let rest = try Self.load(
                    images, partition, rank: 1, steps: 10 - start, augmentation: .standard, from: whole[start].position)
                #expect(rest == Array(whole[start...]), "from \(whole[start].position)")
            }
        }
    }

    /// What is drawn for a sample follows from its number and the epoch, not from who reads it.
    @Test func augmentationDoesNotDependOnRanks() throws {
        try withImages { images in
            let alone = try Self.load(images, Self.partition(1), rank: 0, steps: 8, augmentation: .standard)
            for ranks in [2, 3, 4] {
                let shared = try (0..<ranks).map {
                    try Self.load(images, Self.partition(ranks), rank: $0, steps: 8, augmentation: .standard)
                }
                for step in 0..<8 {
                    #expect(shared.flatMap { $0[step].images } == alone[step].images, "\(ranks) ranks, step \(step)")
                }
            }
        }
    }

    @Test func writtenOutShardsAreWhatTheLoaderReads() throws {
        try withImages { images in
            for ranks in 1...4 {
                let partition = try Self.partition(ranks)
                for epoch in 0..<2 {
                    let shards = EpochShards(samples: Self.samples, partition: partition, seed: Self.seed, epoch: epoch)
                    #expect(shards.steps == Self.steps && shards.lastBatch == 5)
                    for rank in 0..<ranks {
                        let start = Position(epoch: epoch, sample: 0, step: epoch * Self.steps)
                        let loaded = try Self.load(images, partition, rank: rank, steps: Self.steps, from: start)
                        let written = (0..<Self.steps).map { shards.records(ofRank: rank, inStep: $0) }
                        #expect(written == loaded.map(\.numbers), "rank \(rank) of \(ranks), epoch \(epoch)")
                        #expect(shards.count(ofRank: rank) == written.joined().count)
                    }
                }
            }
        }
    }

    @Test func damageIsToldWhenItsSampleComes() throws {
        try withTemporaryDirectory { directory in
            try write(SmallFiles.cifar([[0], [1], [200], [3]]), directory, "data_batch_1.bin")
            try write(SmallFiles.cifar([[0]]), directory, "test_batch.bin")
            let images = try Dataset.open(directory: directory).training
            let partition = try BatchPartition(globalBatch: 2, microBatches: 1, ranks: 1, samples: 4)
            expectFailure(.badData, mentioning: "200") {
                _ = try Self.load(images, partition, rank: 0, steps: 2)
            }
        }
    }

    private static func partition(_ ranks: Int) throws -> BatchPartition {
        try BatchPartition(globalBatch: globalBatch, microBatches: 5, ranks: ranks, samples: samples)
    }

    private func withImages(_ body: (ImageSet) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            try write(SmallFiles.cifar((0..<15).map { [UInt8($0 % 10)] }), directory, "data_batch_1.bin")
            try write(SmallFiles.cifar((15..<23).map { [UInt8($0 % 10)] }, first: 15), directory, "data_batch_2.bin")
            try write(SmallFiles.cifar([[0]]), directory, "test_batch.bin")
            try body(try Dataset.open(directory: directory).training)
        }
    }

    private static func load(
        _ images: ImageSet, _ partition: BatchPartition, rank: Int, steps: Int, augmentation: Augmentation = .none,
        from start: Position = Position()
    ) throws -> [Loaded] {
        // A float is its byte: (byte/255 − 0) / (1/255).
        let bytes = Normalisation(mean: [0, 0, 0], deviation: [1 / 255, 1 / 255, 1 / 255])
        let reader = SampleReader(samples: Selection(images), normalisation: bytes, augmentation: augmentation, seed: seed)
        let loader = BatchLoader(reader: reader, partition: partition, rank: rank, seed: seed, from: start)
        // No two of the first 256 images have the same first byte.
        let numbers = Dictionary(
            uniqueKeysWithValues: (0..<images.count).map { (SmallFiles.pixel(image: $0, channel: 0, row: 0, column: 0), $0) })
        return try withExtendedLifetime(loader) {
            try (0..<steps).map { _ in
                let batch = try loader.next()
                let pixels = (0..<batch.places.count).map { row in
                    Array(UnsafeBufferPointer(start: batch.images + row * reader.sampleCount, count: reader.sampleCount))
                }
                return Loaded(
                    position: batch.position, globalCount: batch.globalCount, places: batch.places,
                    labels: Array(UnsafeBufferPointer(start: batch.labels, count: batch.places.count)), images: pixels,
                    numbers: pixels.map { numbers[UInt8($0[0].rounded()), default: -1] })
            }
        }
    }
}
