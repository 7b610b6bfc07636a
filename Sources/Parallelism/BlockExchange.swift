import Diagnostics
import Kernels
import MPI

/// Blocks of a buffer, one of each rank, on their way between ranks: each rank's own to all others, or all others' terms of a rank's own to
/// it, where they are summed in the order of ranks. By messages of two ranks each, which go on whenever `advance` is called.
///
/// For K ranks a block of n floats is sent K − 1 times, either way. A warm exchange allocates nothing.
final class BlockExchange {
    private let communicator: Communicator
    private let tag: Int
    private let outgoing: [Request]
    private let incoming: [Request]
    /// What others have of this rank's block: one term behind the other.
    private let terms: AlignedFloats
    private var sum: Sum?
    private(set) var isFinished = true

    private struct Sum {
        let count: Int
        let own: UnsafePointer<Float>
        let result: UnsafeMutablePointer<Float>
    }

    /// - Parameters:
    ///   - tag: of no other exchange over the communicator.
    ///   - largestSum: floats of the largest block that this rank gets the sum of; 0 where blocks are gathered only.
    init(_ communicator: Communicator, tag: Int, largestSum: Int = 0) {
        (self.communicator, self.tag) = (communicator, tag)
        outgoing = (0..<communicator.size).map { _ in Request() }
        incoming = (0..<communicator.size).map { _ in Request() }
        terms = AlignedFloats(count: largestSum * (communicator.size - 1))
    }

    /// Begins to give this rank's block to all, and to receive theirs.
    ///
    /// - Parameters:
    ///   - whole: the blocks, one behind the other in the order of ranks; not to be touched until this is finished.
    ///   - counts: rank r's block has `counts[r]` · `width` floats.
    func startGather(_ whole: UnsafeMutablePointer<Float>, counts: [Int], width: Int) throws {
        begin(nil)
        let own = block(communicator.rank, of: whole, counts, width)
        for rank in 0..<communicator.size where rank != communicator.rank {
            let other = block(rank, of: whole, counts, width)
            if !other.isEmpty { try communicator.startReceive(other, from: rank, tag: tag, with: incoming[rank]) }
            if !own.isEmpty { try communicator.startSend(UnsafeBufferPointer(own), to: rank, tag: tag, with: outgoing[rank]) }
        }
    }

    /// Begins to sum all ranks' terms of each block for the rank whose block it is.
    ///
    /// - Parameters:
    ///   - whole: this rank's terms of all blocks; not to be written until this is finished.
    ///   - result: where the sum of this rank's own block goes at last.
    func startSum(_ whole: UnsafeMutablePointer<Float>, counts: [Int], width: Int, into result: UnsafeMutablePointer<Float>) throws
    {
        let own = block(communicator.rank, of: whole, counts, width)
        require(
            own.count * (communicator.size - 1) <= terms.count,
            "a sum of blocks of \(own.count) floats where others' terms have room for \(terms.count)")
        begin(own.baseAddress.map { Sum(count: own.count, own: UnsafePointer($0), result: result) })
        for rank in 0..<communicator.size where rank != communicator.rank {
            let other = block(rank, of: whole, counts, width)
            if !own.isEmpty {
                let place = UnsafeMutableBufferPointer(start: term(of: rank, count: own.count), count: own.count)
                try communicator.startReceive(place, from: rank, tag: tag, with: incoming[rank])
            }
            if !other.isEmpty { try communicator.startSend(UnsafeBufferPointer(other), to: rank, tag: tag, with: outgoing[rank]) }
        }
    }

    /// Goes on as far as what others have done allows; true when this is finished.
    func advance() throws -> Bool {
        if isFinished { return true }
        for request in incoming { guard try request.test() else { return false } }
        for request in outgoing { guard try request.test() else { return false } }
        if let sum { add(sum) }
        isFinished = true
        return true
    }

    private func begin(_ sum: Sum?) {
        require(isFinished, "an exchange of blocks was started again before it was finished")
        isFinished = false
        self.sum = sum
    }

    private func block(
        _ rank: Int, of whole: UnsafeMutablePointer<Float>, _ counts: [Int], _ width: Int
    ) -> UnsafeMutableBufferPointer<Float> {
        var first = 0
        for before in 0..<rank { first += counts[before] }
        return UnsafeMutableBufferPointer(start: whole + first * width, count: counts[rank] * width)
    }

    private func term(of rank: Int, count: Int) -> UnsafeMutablePointer<Float> {
        terms.base + (rank < communicator.rank ? rank : rank - 1) * count
    }

    private func add(_ sum: Sum) {
        func term(_ rank: Int) -> UnsafePointer<Float> {
            rank == communicator.rank ? sum.own : UnsafePointer(self.term(of: rank, count: sum.count))
        }
        guard communicator.size > 1 else {
            sum.result.update(from: sum.own, count: sum.count)
            return
        }
        Addition.forward(count: sum.count, term(0), term(1), output: sum.result)
        for rank in 2..<max(2, communicator.size) {
            Addition.forward(count: sum.count, sum.result, term(rank), output: sum.result)
        }
    }
}
