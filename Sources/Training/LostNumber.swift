import Datasets
import Networks
import Random

/// A loss or a gradient of this rank that is not finite, as it was found before it was summed with those of others.
struct LostNumber: Equatable {
    enum Place: Equatable {
        case loss(samples: Int)
        /// By its place in the arena.
        case gradient(index: Int)
    }

    var place: Place
    /// Those that were computed together with it; of a loss, the first ones.
    let microBatches: Range<Int>

    /// What it is.
    func subject(_ layout: ParameterLayout) -> String {
        switch place {
        case .loss(let samples): return "the loss of \(samples) sample\(samples == 1 ? "" : "s")"
        case .gradient(let index):
            guard let tensor = layout.tensors.first(where: { $0.range.contains(index) }) else { return "a gradient" }
            return "the gradient of \(tensor.name)"
        }
    }

    /// Where it comes from, by the numbers of training images.
    func origin(in batch: LocalBatch, _ partition: BatchPartition, order: Permutation) -> String {
        let places = partition.positions(ofMicroBatches: microBatches, inBatchOf: batch.globalCount)
        let images = places.prefix(Self.listed).map { "\(order[batch.position.sample + $0])" }.joined(separator: ", ")
        let group =
            microBatches.count == 1
            ? "micro-batch \(microBatches.lowerBound)"
            : "micro-batches \(microBatches.lowerBound) to \(microBatches.upperBound - 1)"
        return "\(group), of the training images \(images)\(places.count > Self.listed ? ", …" : "")"
    }

    private static let listed = 64
}
