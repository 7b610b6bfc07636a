internal import COpenMPI

extension Communicator {
    /// Gives every rank all blocks: each has filled its own block of the whole buffer, and afterwards has the others' too. Collective.
    ///
    /// - Parameters:
    ///   - whole: `blocks.total` elements, of which this rank's block is input and the others are output.
    ///   - blocks: the same on every rank.
    /// - Precondition: the counts are as said.
    ///
    /// The corresponding C function is `MPI_Allgatherv` with `MPI_IN_PLACE`, or `MPI_Allgather` where all blocks are equal. Where the
    /// total exceeds one call, each block is broadcast.
    public func allGather<T: MPIScalar>(_ whole: UnsafeMutableBufferPointer<T>, blocks: Blocks) throws {
        blocks.requireFit("MPI_Allgatherv", on: self, whole: whole.count, own: nil)
        guard blocks.total <= largestCount else {
            for root in 0..<size {
                try broadcast(UnsafeMutableBufferPointer(rebasing: whole[blocks.range(of: root)]), from: root)
            }
            return
        }
        if let count = blocks.commonCount {
            // The send count and type do not matter in place: this rank's block is already in the whole.
            try check(
                MPI_Allgather(
                    lockstep_mpi_in_place(), Int32(count), T.datatype.raw.handle, whole.baseAddress, Int32(count),
                    T.datatype.raw.handle, raw.handle),
                "MPI_Allgather", "\(count) of \(blocks.total) \(T.self)")
            return
        }
        try blocks.counts32.withUnsafeBufferPointer { counts in
            try blocks.offsets32.withUnsafeBufferPointer { offsets in
                try check(
                    MPI_Allgatherv(
                        lockstep_mpi_in_place(), counts[rank], T.datatype.raw.handle, whole.baseAddress, counts.baseAddress,
                        offsets.baseAddress, T.datatype.raw.handle, raw.handle),
                    "MPI_Allgatherv", "\(blocks.counts[rank]) of \(blocks.total) \(T.self)")
            }
        }
    }

    /// One value of each rank, in rank order. Collective.
    public func allGather<T: MPIScalar>(_ value: T) throws -> [T] {
        var values = [T](repeating: value, count: size)
        try values.withUnsafeMutableBufferPointer { try allGather($0, blocks: Blocks(of: 1, ranks: size)) }
        return values
    }

    /// The bytes of each rank, in rank order, of any lengths. Collective; two all-gathers.
    public func allGather(bytes: [UInt8]) throws -> [[UInt8]] {
        let blocks = Blocks(counts: try allGather(bytes.count))
        var whole = [UInt8](repeating: 0, count: blocks.total)
        whole.replaceSubrange(blocks.range(of: rank), with: bytes)
        try whole.withUnsafeMutableBufferPointer { try allGather($0, blocks: blocks) }
        return (0..<size).map { Array(whole[blocks.range(of: $0)]) }
    }
}
