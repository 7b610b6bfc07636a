internal import COpenMPI
import Diagnostics

extension Communicator {
    /// A communicator of the ranks that gave the same color. Collective.
    ///
    /// - Parameters:
    ///   - color: which part this rank goes to, from 0.
    ///   - key: the place in the new communicator: lower keys come first, equal keys in the order of the old ranks.
    /// - Precondition: both fit an `Int32`, and the color is not negative.
    ///
    /// The corresponding C function is `MPI_Comm_split`.
    public func split(color: Int, key: Int) throws -> Communicator {
        require(color >= 0 && color <= Int32.max, "a color is from 0 to \(Int32.max), found \(color)")
        require(Int32(exactly: key) != nil, "a key fits 32 bits, found \(key)")
        var part = lockstep_mpi_comm_null()
        try check(
            MPI_Comm_split(raw.handle, Int32(color), Int32(key), &part.handle), "MPI_Comm_split", "color \(color), key \(key)")
        return try adopt(part)
    }

    /// A communicator of the ranks that share memory with this one, which is those of its host, in the order of the old ranks.
    /// Collective.
    ///
    /// The corresponding C function is `MPI_Comm_split_type` with `MPI_COMM_TYPE_SHARED`.
    public func splitShared() throws -> Communicator {
        var part = lockstep_mpi_comm_null()
        try check(
            MPI_Comm_split_type(
                raw.handle, lockstep_mpi_comm_type_shared(), Int32(rank), lockstep_mpi_info_null(), &part.handle),
            "MPI_Comm_split_type", "ranks that share memory")
        return try adopt(part)
    }

    private func adopt(_ part: lockstep_mpi_comm) throws -> Communicator {
        let communicator = try Communicator(adopting: part, process: process)
        communicator.largestCount = largestCount
        return communicator
    }
}
