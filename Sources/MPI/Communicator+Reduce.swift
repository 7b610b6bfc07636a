internal import COpenMPI
import Diagnostics

extension Communicator {
    /// Reduces each element over all ranks into the root's `result`. Collective; the same count on every rank.
    ///
    /// - Parameter result: at the root, as many elements as `values`, not overlapping them; elsewhere it is not looked at.
    ///
    /// The corresponding C function is `MPI_Reduce`.
    public func reduce<T: MPIScalar>(
        _ values: UnsafeBufferPointer<T>, into result: UnsafeMutableBufferPointer<T>?, _ operation: ReductionOperation,
        at root: Int
    ) throws {
        require(
            rank != root || result?.count == values.count,
            "MPI_Reduce: the root (rank \(root)) has \(values.count) values and a result of \(result?.count ?? 0)")
        try forEachPiece(of: values.count) { offset, length in
            try check(
                MPI_Reduce(
                    values.baseAddress.map { $0 + offset }, result?.baseAddress.map { $0 + offset }, length, T.datatype.raw.handle,
                    operation.raw.handle, Int32(clamping: root), raw.handle),
                "MPI_Reduce", "the \(operation) of \(length) of \(values.count) \(T.self) to rank \(root)")
        }
    }
}
