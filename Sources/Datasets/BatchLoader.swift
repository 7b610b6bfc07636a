import Diagnostics
import Foundation
import Random

/// A rank's part of one global batch; valid until the loader's `next` is called again.
public struct LocalBatch {
    /// Where training stands before this batch.
    public let position: Position
    /// Samples of the whole global batch, over all ranks.
    public let globalCount: Int
    /// The places in the global batch that this rank holds.
    public let places: Range<Int>
    /// [places.count, H, W, C] and [places.count].
    public let images: UnsafePointer<Float>
    public let labels: UnsafePointer<Int32>

    public init(
        position: Position, globalCount: Int, places: Range<Int>, images: UnsafePointer<Float>, labels: UnsafePointer<Int32>
    ) {
        self.position = position
        self.globalCount = globalCount
        self.places = places
        self.images = images
        self.labels = labels
    }
}

/// Reads this rank's samples, batch after batch and epoch after epoch, one batch ahead on a thread of its own.
///
/// The order is a pure function of (seed, epoch, position): the same global order at any rank count, every sample once per epoch. Two
/// slots change hands under one lock: the thread fills one while the caller works on the other; nothing is allocated after the start.
public final class BatchLoader {
    private let state: SharedState

    public init(reader: SampleReader, partition: BatchPartition, rank: Int, seed: UInt64, from start: Position) {
        let state = SharedState(reader: reader, partition: partition, rank: rank, seed: seed, start: start)
        self.state = state
        Thread.start(named: "loader") { state.fillUntilStopped() }
    }

    deinit { state.stop() }

    /// The next batch; waits where it is not ready yet. What the previous call returned is given back.
    public func next() throws -> LocalBatch { try state.take() }
}

/// What the loader and its thread share.
///
/// Sendable by hand-over: a slot belongs to the thread while its number is not below `filled`, to the caller from then until the next
/// `take`; the counters are only touched under `condition`.
private final class SharedState: @unchecked Sendable {
    private struct Slot {
        var position = Position()
        var globalCount = 0
        var places = 0..<0
        let images: UnsafeMutablePointer<Float>
        let labels: UnsafeMutablePointer<Int32>
    }

    private let reader: SampleReader
    private let partition: BatchPartition
    private let rank: Int
    private let seed: UInt64
    private let condition = NSCondition()
    private let slots: UnsafeMutablePointer<Slot>
    private static let slotCount = 2
    /// Batches filled and batches taken since the start.
    private var filled = 0
    private var taken = 0
    private var failure: (any Error)?
    private var isStopped = false
    private var next: Position

    init(reader: SampleReader, partition: BatchPartition, rank: Int, seed: UInt64, start: Position) {
        self.reader = reader
        self.partition = partition
        self.rank = rank
        self.seed = seed
        next = start
        let samples = partition.largestShare(ofRank: rank)
        slots = .allocate(capacity: Self.slotCount)
        for index in 0..<Self.slotCount {
            let images = UnsafeMutablePointer<Float>.allocate(capacity: samples * reader.sampleCount)
            let labels = UnsafeMutablePointer<Int32>.allocate(capacity: samples)
            (slots + index).initialize(to: Slot(images: images, labels: labels))
        }
    }

    deinit {
        for index in 0..<Self.slotCount {
            slots[index].images.deallocate()
            slots[index].labels.deallocate()
        }
        slots.deinitialize(count: Self.slotCount)
        slots.deallocate()
    }

    func stop() {
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }

    func take() throws -> LocalBatch {
        condition.lock()
        defer { condition.unlock() }
        while filled == taken && failure == nil { condition.wait() }
        if filled == taken, let failure { throw failure }
        let slot = slots[taken % Self.slotCount]
        taken += 1
        condition.broadcast()
        return LocalBatch(
            position: slot.position, globalCount: slot.globalCount, places: slot.places, images: UnsafePointer(slot.images),
            labels: UnsafePointer(slot.labels))
    }

    func fillUntilStopped() {
        do {
            var order = Permutation(count: reader.samples.count, seed: seed, epoch: next.epoch)
            while waitForFreeSlot() {
                if next.sample == 0 { order = Permutation(count: reader.samples.count, seed: seed, epoch: next.epoch) }
                try fill(&slots[filled % Self.slotCount], order: order)
                next = next.advanced(globalBatch: partition.globalBatch, samples: reader.samples.count)
                condition.lock()
                filled += 1
                condition.broadcast()
                condition.unlock()
            }
        } catch {
            condition.lock()
            failure = error
            condition.broadcast()
            condition.unlock()
        }
    }

    /// Returns false once the loader is stopped. The batch taken last is still in its caller's hands, so one slot fewer is free.
    private func waitForFreeSlot() -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while !isStopped && filled - max(taken - 1, 0) >= Self.slotCount { condition.wait() }
        return !isStopped
    }

    private func fill(_ slot: inout Slot, order: Permutation) throws {
        slot.position = next
        slot.globalCount = next.nextBatchCount(globalBatch: partition.globalBatch, samples: reader.samples.count)
        slot.places = partition.positions(ofRank: rank, inBatchOf: slot.globalCount)
        for (row, place) in slot.places.enumerated() {
            let sample = order[next.sample + place]
            slot.labels[row] = try reader.read(sample, epoch: next.epoch, into: slot.images + row * reader.sampleCount)
        }
    }
}
