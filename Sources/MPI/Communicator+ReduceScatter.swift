internal import COpenMPI

extension Communicator {
    /// Reduces the whole buffer over all ranks and leaves each rank its own block of the result. Collective.
    ///
    /// About half the traffic of an `allReduce`; an `allGather` of the blocks afterwards is the other half.
    ///
    /// - Parameters:
    ///   - whole: `blocks.total` elements, on every rank.
    ///   - block: this rank's part of the result, `blocks.counts[rank]` elements, outside the whole.
    ///   - blocks: the same on every rank.
    /// - Precondition: the counts are as said.
    ///
    /// The corresponding C function is `MPI_Reduce_scatter`, or `MPI_Reduce_scatter_block` where all blocks are equal. Where the total
    /// exceeds one call, each block is reduced to its rank.
    public func reduceScatter<T: MPIScalar>(
        _ whole: UnsafeBufferPointer<T>, into block: UnsafeMutableBufferPointer<T>, blocks: Blocks,
        _ operation: ReductionOperation
    ) throws {
        blocks.requireFit("MPI_Reduce_scatter", on: self, whole: whole.count, own: block.count)
        guard blocks.total <= largestCount else {
            for root in 0..<size {
                let part = UnsafeBufferPointer(rebasing: whole[blocks.range(of: root)])
                try reduce(part, into: rank == root ? block : nil, operation, at: root)
            }
            return
        }
        if let count = blocks.commonCount {
            try check(
                MPI_Reduce_scatter_block(
                    whole.baseAddress, block.baseAddress, Int32(count), T.datatype.raw.handle, operation.raw.handle, raw.handle),
                "MPI_Reduce_scatter_block", "the \(operation) of \(count) of \(blocks.total) \(T.self)")
            return
        }
        try blocks.counts32.withUnsafeBufferPointer { counts in
            try check(
                MPI_Reduce_scatter(
                    whole.baseAddress, block.baseAddress, counts.baseAddress, T.datatype.raw.handle, operation.raw.handle,
                    raw.handle),
                "MPI_Reduce_scatter", "the \(operation) of \(block.count) of \(blocks.total) \(T.self)")
        }
    }
}
