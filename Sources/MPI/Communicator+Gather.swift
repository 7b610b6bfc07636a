internal import COpenMPI
import Diagnostics

extension Communicator {
    /// Brings each rank's block to the root, in rank order. Collective.
    ///
    /// - Parameters:
    ///   - block: this rank's elements, `blocks.counts[rank]`.
    ///   - whole: at the root, `blocks.total` elements that do not overlap `block`; elsewhere it is not looked at and may be nil.
    /// - Precondition: the counts are as said, and the root has a `whole`.
    ///
    /// The corresponding C function is `MPI_Gatherv`. Where the total exceeds one call, the blocks are sent one after the other.
    public func gather<T: MPIScalar>(
        _ block: UnsafeBufferPointer<T>, into whole: UnsafeMutableBufferPointer<T>?, blocks: Blocks, at root: Int
    ) throws {
        require(rank != root || whole != nil, "MPI_Gatherv: the root (rank \(root)) needs a buffer for the whole")
        blocks.requireFit("MPI_Gatherv", on: self, whole: rank == root ? whole?.count : nil, own: block.count)
        guard blocks.total <= largestCount else { return try gatherOneByOne(block, into: whole, blocks: blocks, at: root) }
        try blocks.counts32.withUnsafeBufferPointer { counts in
            try blocks.offsets32.withUnsafeBufferPointer { offsets in
                try check(
                    MPI_Gatherv(
                        block.baseAddress, Int32(block.count), T.datatype.raw.handle, whole?.baseAddress, counts.baseAddress,
                        offsets.baseAddress, T.datatype.raw.handle, Int32(clamping: root), raw.handle),
                    "MPI_Gatherv", "\(block.count) of \(blocks.total) \(T.self) to rank \(root)")
            }
        }
    }

    private func gatherOneByOne<T: MPIScalar>(
        _ block: UnsafeBufferPointer<T>, into whole: UnsafeMutableBufferPointer<T>?, blocks: Blocks, at root: Int
    ) throws {
        guard rank == root, let whole else { return try sendPieces(block, to: root, tag: Self.gatherTag) }
        for source in 0..<size {
            let place = UnsafeMutableBufferPointer(rebasing: whole[blocks.range(of: source)])
            if source == rank {
                _ = place.update(from: block)
            } else {
                try receivePieces(place, from: source, tag: Self.gatherTag)
            }
        }
    }
}
