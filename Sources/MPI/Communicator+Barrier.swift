internal import COpenMPI

extension Communicator {
    /// Returns when every rank has come here. Collective; O(log ranks) messages.
    ///
    /// The corresponding C function is `MPI_Barrier`; where waits sleep, `MPI_Ibarrier`, since `MPI_Barrier` keeps the core busy.
    public func barrier() throws {
        guard IdleCore.sleeps else {
            try check(MPI_Barrier(raw.handle), "MPI_Barrier", "\(size) ranks")
            return
        }
        let request = Request()
        request.begin("MPI_Ibarrier", on: self)
        var piece = lockstep_mpi_request_null()
        try check(MPI_Ibarrier(raw.handle, &piece.handle), "MPI_Ibarrier", "\(size) ranks")
        request.add(piece, length: 0)
        try request.wait()
    }
}
