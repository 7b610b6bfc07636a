internal import COpenMPI

extension Communicator {
    /// Begins an `allReduce` that goes on while this rank computes. Collective; the buffer must stay where it is, and be neither read
    /// nor written, until the request is finished. All ranks start their operations in the same order; they may finish in any.
    ///
    /// MPI makes progress only while it is called: `test()` the request now and then.
    ///
    /// - Parameter request: a finished one, to be used again; with one that has served before, nothing is allocated.
    /// - Precondition: the request is finished.
    ///
    /// The corresponding C function is `MPI_Iallreduce` with `MPI_IN_PLACE`.
    public func startAllReduce<T: MPIScalar>(
        _ buffer: UnsafeMutableBufferPointer<T>, _ operation: ReductionOperation, with request: Request
    ) throws {
        request.begin("MPI_Iallreduce", on: self)
        try forEachPiece(of: buffer.count) { offset, length in
            var piece = lockstep_mpi_request_null()
            try check(
                MPI_Iallreduce(
                    lockstep_mpi_in_place(), buffer.baseAddress.map { $0 + offset }, length, T.datatype.raw.handle,
                    operation.raw.handle, raw.handle, &piece.handle),
                "MPI_Iallreduce", "the \(operation) of \(length) of \(buffer.count) \(T.self)")
            request.add(piece, length: Int(length))
        }
    }

    /// Begins an `allReduce` and returns the request that finishes it. Allocates the request.
    public func startAllReduce<T: MPIScalar>(
        _ buffer: UnsafeMutableBufferPointer<T>, _ operation: ReductionOperation
    ) throws -> Request {
        let request = Request()
        try startAllReduce(buffer, operation, with: request)
        return request
    }
}
