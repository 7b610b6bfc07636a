internal import COpenMPI
import Diagnostics

extension Communicator {
    /// The tags that messages may carry: MPI promises 0 to 32767, and the last is kept for `gather`.
    public static var tags: Range<Int> { 0..<gatherTag }

    static var gatherTag: Int { 32767 }

    /// Sends elements to one rank, which must `receive` as many with the same tag. Returns when the buffer may be used again, which may
    /// be before or after the message is received.
    ///
    /// - Precondition: the tag is among `tags`.
    ///
    /// The corresponding C function is `MPI_Send`.
    public func send<T: MPIScalar>(_ buffer: UnsafeBufferPointer<T>, to destination: Int, tag: Int = 0) throws {
        requireTag(tag)
        try sendPieces(buffer, to: destination, tag: tag)
    }

    /// Receives elements from one rank.
    ///
    /// - Throws: `Failure(.mpi)`, also where the message is longer or shorter than the buffer.
    /// - Precondition: the tag is among `tags`.
    ///
    /// The corresponding C function is `MPI_Recv`.
    public func receive<T: MPIScalar>(_ buffer: UnsafeMutableBufferPointer<T>, from source: Int, tag: Int = 0) throws {
        requireTag(tag)
        try receivePieces(buffer, from: source, tag: tag)
    }

    /// Sends to one rank and receives from one, the same or another, at the same time: a ring of these does not lock up.
    ///
    /// - Throws: `Failure(.mpi)`, also where the message is longer or shorter than `incoming`.
    /// - Precondition: the buffers do not overlap; the tag is among `tags`.
    ///
    /// The corresponding C function is `MPI_Sendrecv`.
    public func sendReceive<T: MPIScalar>(
        _ outgoing: UnsafeBufferPointer<T>, to destination: Int, _ incoming: UnsafeMutableBufferPointer<T>, from source: Int,
        tag: Int = 0
    ) throws {
        requireTag(tag)
        // A rank that sends to itself: Open MPI 4.1 copies what fits and reports nothing.
        guard destination != rank || source != rank || outgoing.count == incoming.count else {
            throw failure(
                "MPI_Sendrecv", because: "the message has \(outgoing.count) elements, \(incoming.count) were expected",
                "\(T.self) from rank \(rank) to itself, tag \(tag)")
        }
        // Where the two have unlike numbers of pieces, the shorter direction has no partner in the last rounds.
        let nobody = lockstep_mpi_proc_null()
        for piece in 0..<max(pieces(in: outgoing.count), pieces(in: incoming.count)) {
            let out = range(ofPiece: piece, in: outgoing.count)
            let into = range(ofPiece: piece, in: incoming.count)
            var status = MPI_Status()
            try check(
                MPI_Sendrecv(
                    outgoing.baseAddress.map { $0 + out.lowerBound }, Int32(out.count), T.datatype.raw.handle,
                    piece < pieces(in: outgoing.count) ? Int32(clamping: destination) : nobody, Int32(tag),
                    incoming.baseAddress.map { $0 + into.lowerBound }, Int32(into.count), T.datatype.raw.handle,
                    piece < pieces(in: incoming.count) ? Int32(clamping: source) : nobody, Int32(tag), raw.handle, &status),
                "MPI_Sendrecv",
                "\(out.count) of \(outgoing.count) \(T.self) to rank \(destination), "
                    + "\(into.count) of \(incoming.count) from rank \(source), tag \(tag)")
            try checkLength(
                &status, T.datatype, expected: into.count, "MPI_Sendrecv", "\(into.count) \(T.self) from rank \(source), tag \(tag)"
            )
        }
    }
}

extension Communicator {
    /// `send` with any tag, by pieces; an empty message is one piece of nothing.
    func sendPieces<T: MPIScalar>(_ buffer: UnsafeBufferPointer<T>, to destination: Int, tag: Int) throws {
        for piece in 0..<pieces(in: buffer.count) {
            let range = range(ofPiece: piece, in: buffer.count)
            try check(
                MPI_Send(
                    buffer.baseAddress.map { $0 + range.lowerBound }, Int32(range.count), T.datatype.raw.handle,
                    Int32(clamping: destination), Int32(tag), raw.handle),
                "MPI_Send", "\(range.count) of \(buffer.count) \(T.self) to rank \(destination), tag \(tag)")
        }
    }

    /// `receive` with any tag, by the sender's pieces.
    func receivePieces<T: MPIScalar>(_ buffer: UnsafeMutableBufferPointer<T>, from source: Int, tag: Int) throws {
        for piece in 0..<pieces(in: buffer.count) {
            let range = range(ofPiece: piece, in: buffer.count)
            var status = MPI_Status()
            try check(
                MPI_Recv(
                    buffer.baseAddress.map { $0 + range.lowerBound }, Int32(range.count), T.datatype.raw.handle,
                    Int32(clamping: source), Int32(tag), raw.handle, &status),
                "MPI_Recv", "\(range.count) of \(buffer.count) \(T.self) from rank \(source), tag \(tag)")
            try checkLength(
                &status, T.datatype, expected: range.count, "MPI_Recv", "\(range.count) \(T.self) from rank \(source), tag \(tag)")
        }
    }

    /// MPI reports a message that is too long by itself; one that is too short would leave old values at the buffer's end.
    ///
    /// The corresponding C function is `MPI_Get_count`.
    func checkLength(
        _ status: inout MPI_Status, _ type: Datatype, expected: Int, _ call: @autoclosure () -> String,
        _ detail: @autoclosure () -> String
    ) throws {
        var count: Int32 = 0
        try check(MPI_Get_count(&status, type.raw.handle, &count), "MPI_Get_count", detail())
        guard Int(count) == expected else {
            throw failure(call(), because: "the message has \(count) elements, \(expected) were expected", detail())
        }
    }

    func pieces(in count: Int) -> Int { pieces(in: count, of: largestCount) }

    func pieces(in count: Int, of length: Int) -> Int { max(1, (count + length - 1) / length) }

    func range(ofPiece piece: Int, in count: Int) -> Range<Int> { range(ofPiece: piece, of: largestCount, in: count) }

    func range(ofPiece piece: Int, of length: Int, in count: Int) -> Range<Int> {
        min(count, piece * length)..<min(count, (piece + 1) * length)
    }

    func requireTag(_ tag: Int) {
        require(Self.tags.contains(tag), "a tag is from 0 to \(Self.tags.upperBound - 1), found \(tag)")
    }
}
