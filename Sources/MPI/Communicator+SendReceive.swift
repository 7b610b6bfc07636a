internal import COpenMPI
import Diagnostics

extension Communicator {
    /// The tags that messages may carry: as many as MPI promises.
    public static var tags: ClosedRange<Int> { 0...32_767 }

    /// Sends elements to one rank, which must `receive` as many with the same tag. Returns when the buffer may be used again, which may
    /// be before or after the message is received.
    ///
    /// - Precondition: the tag is among `tags`.
    ///
    /// The corresponding C function is `MPI_Send`.
    public func send<T: MPIScalar>(_ buffer: UnsafeBufferPointer<T>, to destination: Int, tag: Int = 0) throws {
        requireTag(tag)
        for piece in 0..<pieces(in: buffer.count) {
            let range = range(ofPiece: piece, in: buffer.count)
            try check(
                MPI_Send(
                    buffer.baseAddress.map { $0 + range.lowerBound }, Int32(range.count), T.datatype.raw.handle,
                    Int32(clamping: destination), Int32(tag), raw.handle),
                "MPI_Send", "\(range.count) of \(buffer.count) \(T.self) to rank \(destination), tag \(tag)")
        }
    }

    /// Receives elements from one rank.
    ///
    /// - Throws: `Failure(.mpi)`, also where the message is longer or shorter than the buffer.
    /// - Precondition: the tag is among `tags`.
    ///
    /// The corresponding C function is `MPI_Recv`.
    public func receive<T: MPIScalar>(_ buffer: UnsafeMutableBufferPointer<T>, from source: Int, tag: Int = 0) throws {
        requireTag(tag)
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
}

extension Communicator {
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
        require(Self.tags.contains(tag), "a tag is from 0 to \(Self.tags.upperBound), found \(tag)")
    }
}
