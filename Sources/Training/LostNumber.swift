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

    let place: Place
    /// The samples it may come from, by their places in the global batch: of a loss, those of this rank that were computed together; of a
    /// gradient, all that it was summed over, also those that other ranks gave to linear layers that are divided.
    let samples: [Range<Int>]
    /// How many operations of the step in which ranks exchange something lay before it: the same count at the same point of all ranks'
    /// programs. What is lost spreads by exchanges, so that the ranks of the smallest one are those that it comes from.
    let moment: Int

    /// This, and what was lost later: losses between which no exchange lies belong together; otherwise the first one counts, for it may
    /// have brought about the others.
    func joined(with later: LostNumber) -> LostNumber {
        guard case (.loss(let count), .loss(let more)) = (place, later.place), moment == later.moment else { return self }
        return LostNumber(place: .loss(samples: count + more), samples: samples + later.samples, moment: moment)
    }

    /// What it is.
    func subject(_ layout: ParameterLayout) -> String {
        switch place {
        case .loss(let samples): return "the loss of \(samples) sample\(samples == 1 ? "" : "s")"
        case .gradient(let index):
            guard let tensor = layout.tensors.first(where: { $0.range.contains(index) }) else { return "a gradient" }
            return "the gradient of \(tensor.name)"
        }
    }

    /// Where it comes from, by the numbers of training images: `micro-batches 0 to 1 and 4, of the training images 7, 130, …`.
    func origin(in batch: LocalBatch, _ partition: BatchPartition, order: Permutation) -> String {
        let numbers = (0..<partition.microBatches).filter { number in
            let positions = partition.positions(ofMicroBatch: number, inBatchOf: batch.globalCount)
            return samples.contains { $0.overlaps(positions) }
        }
        guard !numbers.isEmpty else { return "no sample of this rank" }
        let places = samples.joined().sorted()
        let images = places.prefix(Self.listed).map { "\(order[batch.position.sample + $0])" }.joined(separator: ", ")
        return "micro-batch\(numbers.count == 1 ? "" : "es") \(Self.runs(of: numbers)), of the training images \(images)"
            + (places.count > Self.listed ? ", …" : "")
    }

    /// `0 to 1 and 4`
    private static func runs(of numbers: [Int]) -> String {
        var runs: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = runs.last, last.upperBound + 1 == number {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound) to \($0.upperBound)" }.joined(separator: " and ")
    }

    private static let listed = 64
}
