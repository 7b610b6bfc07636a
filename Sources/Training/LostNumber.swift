import Datasets
import MPI
import Networks
import Parallelism
import Random

/// A loss, a gradient or a value for other ranks that is not finite, as it was found before it was mixed with those of others.
struct LostNumber: Equatable {
    enum Place: Equatable {
        case loss(samples: Int)
        /// By its place in the arena.
        case gradient(index: Int)
        /// What this rank gives in an exchange within the network: it spreads to all before any of them scores a loss.
        case given(to: Operation)
    }

    let place: Place
    /// The samples it may come from, by their places in the global batch: of a loss, those of this rank that were computed together; of a
    /// gradient, all that it was summed over, also those that other ranks gave to linear layers that are divided; of a value of these
    /// layers, those of its pass.
    let samples: [Range<Int>]
    /// How many operations of the step in which ranks exchange something lay before it: the same count at the same point of all ranks'
    /// programs. What is lost spreads by exchanges, before each of which a rank looks at what it gives: the ranks of the smallest one
    /// are those that it comes from.
    let moment: Int

    /// This, and what was lost later: losses between which no exchange lies belong together; otherwise the first one counts, for it may
    /// have brought about the others.
    func joined(with later: LostNumber) -> LostNumber {
        guard case (.loss(let count), .loss(let more)) = (place, later.place), moment == later.moment else { return self }
        return LostNumber(place: .loss(samples: count + more), samples: samples + later.samples, moment: moment)
    }

    /// What was lost first over all ranks: on the ranks that lost it, with the samples of all of these, for which of them is to blame nobody
    /// knows; nil on the others. Collective.
    ///
    /// - Parameter count: samples of the global batch.
    static func first(_ own: LostNumber?, inBatchOf count: Int, over world: Communicator) throws -> LostNumber? {
        let first = try world.allGather(own?.moment ?? .max).min()
        let own = own.flatMap { $0.moment == first ? $0 : nil }
        // For each sample how many ranks suspect it; then, how many losses were lost.
        var counts = [Int32](repeating: 0, count: count + 1)
        for place in own?.samples.joined() ?? [].joined() { counts[place] += 1 }
        if case .loss(let samples) = own?.place { counts[count] = Int32(samples) }
        try counts.withUnsafeMutableBufferPointer { try world.allReduce($0, .sum) }
        guard let own else { return nil }
        let place = if case .loss = own.place { Place.loss(samples: Int(counts[count])) } else { own.place }
        let samples = (0..<count).filter { counts[$0] > 0 }.map { $0..<$0 + 1 }
        return LostNumber(place: place, samples: samples, moment: own.moment)
    }

    /// What it is.
    func subject(_ layout: ParameterLayout) -> String {
        switch place {
        case .loss(let samples): return "the loss of \(samples) sample\(samples == 1 ? "" : "s")"
        case .gradient(let index):
            guard let tensor = layout.tensors.first(where: { $0.range.contains(index) }) else { return "a gradient" }
            return "the gradient of \(tensor.name)"
        case .given(let operation): return "a value for '\(operation)'"
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
