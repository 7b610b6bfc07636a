internal import COpenMPI

extension Communicator {
    /// Begins to send elements to one rank, which must receive as many with the same tag. The buffer must stay where it is, and not be
    /// written, until the request is finished.
    ///
    /// - Parameter request: a finished one, to be used again; with one that has served before, nothing is allocated.
    /// - Precondition: the request is finished; the tag is among `tags`.
    ///
    /// The corresponding C function is `MPI_Isend`.
    public func startSend<T: MPIScalar>(
        _ buffer: UnsafeBufferPointer<T>, to destination: Int, tag: Int = 0, with request: Request
    ) throws {
        requireTag(tag)
        request.begin("MPI_Isend", on: self)
        for number in 0..<pieces(in: buffer.count) {
            let range = range(ofPiece: number, in: buffer.count)
            var piece = lockstep_mpi_request_null()
            try check(
                MPI_Isend(
                    buffer.baseAddress.map { $0 + range.lowerBound }, Int32(range.count), T.datatype.raw.handle,
                    Int32(clamping: destination), Int32(tag), raw.handle, &piece.handle),
                "MPI_Isend", "\(range.count) of \(buffer.count) \(T.self) to rank \(destination), tag \(tag)")
            request.add(piece, length: range.count)
        }
    }

    /// Begins to receive elements from one rank. The buffer must stay where it is, and be neither read nor written, until the request is
    /// finished.
    ///
    /// - Parameter request: as for `startSend`. A message that is longer or shorter than the buffer makes its `test` or `wait` throw.
    /// - Precondition: the request is finished; the tag is among `tags`.
    ///
    /// The corresponding C function is `MPI_Irecv`.
    public func startReceive<T: MPIScalar>(
        _ buffer: UnsafeMutableBufferPointer<T>, from source: Int, tag: Int = 0, with request: Request
    ) throws {
        requireTag(tag)
        request.begin("MPI_Irecv", on: self)
        for number in 0..<pieces(in: buffer.count) {
            let range = range(ofPiece: number, in: buffer.count)
            var piece = lockstep_mpi_request_null()
            try check(
                MPI_Irecv(
                    buffer.baseAddress.map { $0 + range.lowerBound }, Int32(range.count), T.datatype.raw.handle,
                    Int32(clamping: source), Int32(tag), raw.handle, &piece.handle),
                "MPI_Irecv", "\(range.count) of \(buffer.count) \(T.self) from rank \(source), tag \(tag)")
            request.add(piece, length: range.count, received: T.datatype)
        }
    }
}
