internal import COpenMPI

extension Communicator {
    /// Returns when every rank has come here. Collective; O(log ranks) messages.
    ///
    /// The corresponding C function is `MPI_Barrier`.
    public func barrier() throws {
        try check(MPI_Barrier(raw.handle), "MPI_Barrier", "\(size) ranks")
    }
}
