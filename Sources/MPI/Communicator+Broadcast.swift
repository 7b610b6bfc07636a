internal import COpenMPI

extension Communicator {
    /// Gives every rank the root's values. Collective; the same count on every rank.
    ///
    /// - Throws: `Failure(.mpi)`, also where there is no such root.
    ///
    /// The corresponding C function is `MPI_Bcast`.
    public func broadcast<T: MPIScalar>(_ buffer: UnsafeMutableBufferPointer<T>, from root: Int) throws {
        try forEachPiece(of: buffer.count) { offset, length in
            try check(
                MPI_Bcast(
                    buffer.baseAddress.map { $0 + offset }, length, T.datatype.raw.handle, Int32(clamping: root), raw.handle),
                "MPI_Bcast", "\(length) of \(buffer.count) \(T.self) from rank \(root)")
        }
    }

    /// Gives every rank the root's value. Collective.
    public func broadcast<T: MPIScalar>(_ value: T, from root: Int) throws -> T {
        var value = value
        try withUnsafeMutablePointer(to: &value) {
            try broadcast(UnsafeMutableBufferPointer(start: $0, count: 1), from: root)
        }
        return value
    }

    /// Gives every rank the root's bytes, whose number only the root needs to know. Collective; two broadcasts.
    public func broadcast(bytes: inout [UInt8], from root: Int) throws {
        let count = try broadcast(bytes.count, from: root)
        if rank != root { bytes = [UInt8](repeating: 0, count: count) }
        try bytes.withUnsafeMutableBufferPointer { try broadcast($0, from: root) }
    }
}
