internal import COpenMPI

extension Communicator {
    /// The bytes that this process has begun to send by `startSend`, over all communicators.
    public var startedBytes: Int { process.startedBytes }

    /// Begins to send elements to one rank, which must receive as many by `startReceive` with the same tag. The buffer must stay where it is, and not be
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
        process.startedBytes += buffer.count * MemoryLayout<T>.stride
        let length = startedPieceLength(T.self)
        for number in 0..<pieces(in: buffer.count, of: length) {
            let range = range(ofPiece: number, of: length, in: buffer.count)
            var piece = lockstep_mpi_request_null()
            try check(
                MPI_Isend(
                    buffer.baseAddress.map { $0 + range.lowerBound }, Int32(range.count), T.datatype.raw.handle,
                    Int32(clamping: destination), Int32(tag), raw.handle, &piece.handle),
                "MPI_Isend", "\(range.count) of \(buffer.count) \(T.self) to rank \(destination), tag \(tag)")
            request.add(piece, length: range.count)
        }
    }

    /// Begins to receive elements that one rank sends by `startSend`. The buffer must stay where it is, and be neither read nor written, until the request is
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
        let length = startedPieceLength(T.self)
        for number in 0..<pieces(in: buffer.count, of: length) {
            let range = range(ofPiece: number, of: length, in: buffer.count)
            var piece = lockstep_mpi_request_null()
            try check(
                MPI_Irecv(
                    buffer.baseAddress.map { $0 + range.lowerBound }, Int32(range.count), T.datatype.raw.handle,
                    Int32(clamping: source), Int32(tag), raw.handle, &piece.handle),
                "MPI_Irecv", "\(range.count) of \(buffer.count) \(T.self) from rank \(source), tag \(tag)")
            request.add(piece, length: range.count, received: T.datatype)
        }
    }

    /// Started messages travel in pieces of at most so many bytes, which Open MPI's TCP sends at once (its eager limit is 64 KB, headers
    /// included). Longer ones wait for a handshake, and two ranks that send each other such messages take turns on a link that could carry
    /// both: 37 MB each way at 1 Gbit/s take 620 ms instead of 315.
    static var startedPieceBytes: Int { 60 << 10 }

    private func startedPieceLength<T>(_: T.Type) -> Int { min(largestCount, Self.startedPieceBytes / MemoryLayout<T>.stride) }
}
