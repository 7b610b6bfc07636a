internal import COpenMPI
import Diagnostics

/// A group of ranks that talk to each other: the world, or a part of it.
///
/// Every operation named "collective" is called by every rank of the communicator, in the same order, with the same counts, operation
/// and root. An operation returns when this rank's part is done. A failed call throws `Failure(.mpi)` with the call, the rank, the host,
/// the counts and MPI's own text; after it, the state of the other ranks is not known, and the usual way on is `abort(code:)`.
///
/// Buffer functions allocate nothing in Swift. Counts may exceed `Int32.max`, MPI's limit: they are then sent in pieces.
///
/// Called on the main thread only. Not `Sendable`.
public final class Communicator {
    /// This process's number in the communicator, from 0.
    public let rank: Int
    /// How many ranks the communicator has.
    public let size: Int
    /// The name of the host that this rank runs on, as MPI tells it.
    public var hostName: String { process.hostName }

    /// The longest count that is given to one MPI call. Tests lower it, on all ranks alike, to see pieces with small buffers.
    package var largestCount = Int(Int32.max)

    let raw: lockstep_mpi_comm
    let process: ProcessIdentity

    /// MPI_COMM_WORLD, once MPI has been started.
    static func world() throws -> Communicator {
        try Communicator(adopting: lockstep_mpi_comm_world(), process: nil)
    }

    /// Takes over a communicator and makes its errors return.
    init(adopting raw: lockstep_mpi_comm, process: ProcessIdentity?) throws {
        var rank: Int32 = 0
        var size: Int32 = 0
        let codes = [
            (MPI_Comm_set_errhandler(raw.handle, lockstep_mpi_errors_return()), "MPI_Comm_set_errhandler"),
            (MPI_Comm_rank(raw.handle, &rank), "MPI_Comm_rank"),
            (MPI_Comm_size(raw.handle, &size), "MPI_Comm_size"),
        ]
        self.raw = raw
        self.rank = Int(rank)
        self.size = Int(size)
        self.process = process ?? ProcessIdentity(worldRank: Int(rank), worldSize: Int(size))
        for (code, call) in codes { try check(code, call, "\(self.size) ranks") }
    }

    /// Gives the communicator's resources back. Collective; the world is never freed. Communicators that are not freed live until
    /// MPI ends: a deinitialiser cannot do it, because nothing says when it runs on the other ranks.
    ///
    /// The corresponding C function is `MPI_Comm_free`.
    public func free() throws {
        var handle = raw
        try check(MPI_Comm_free(&handle.handle), "MPI_Comm_free", "\(size) ranks")
    }

    /// Ends all ranks of the world with this exit code, whatever they are doing. Needs no other rank's help.
    ///
    /// The corresponding C function is `MPI_Abort`.
    public func abort(code: Int32) -> Never {
        MPIEnvironment.abort(code: code)
    }
}
