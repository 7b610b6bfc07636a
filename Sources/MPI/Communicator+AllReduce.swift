internal import COpenMPI

extension Communicator {
    /// Replaces each element by the reduction of that element over all ranks. Collective; the same count on every rank.
    ///
    /// The order of a floating-point sum is MPI's own and depends on the number of ranks and on the count. That all ranks get the same
    /// bits is tested for the library at hand (`mpi-cases`). About 2 · count elements sent and received by each rank.
    ///
    /// The corresponding C function is `MPI_Allreduce` with `MPI_IN_PLACE`.
    public func allReduce<T: MPIScalar>(_ buffer: UnsafeMutableBufferPointer<T>, _ operation: ReductionOperation) throws {
        try forEachPiece(of: buffer.count) { offset, length in
            try check(
                MPI_Allreduce(
                    lockstep_mpi_in_place(), buffer.baseAddress.map { $0 + offset }, length, T.datatype.raw.handle,
                    operation.raw.handle, raw.handle),
                "MPI_Allreduce", "the \(operation) of \(length) of \(buffer.count) \(T.self)")
        }
    }

    /// The reduction of one value of each rank. Collective.
    public func allReduce<T: MPIScalar>(_ value: T, _ operation: ReductionOperation) throws -> T {
        var value = value
        try withUnsafeMutablePointer(to: &value) {
            try allReduce(UnsafeMutableBufferPointer(start: $0, count: 1), operation)
        }
        return value
    }
}
