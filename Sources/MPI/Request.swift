internal import COpenMPI
import Diagnostics

/// An operation that was started and is to be finished: by `wait()`, or by `test()` until it says true.
///
/// A request can be used again once it is finished, so that a step which starts the same operations each time allocates nothing.
///
/// - Precondition: a request is finished before it is dropped; its buffer would be written to by nobody's leave. Dropping it is allowed
///   once an MPI call has failed in this process or `abandon()` was called: the error is then on its way up, and this rank is to end.
public final class Request {
    /// Whether nothing is under way: never started, or finished.
    public var isFinished: Bool { pieces.isEmpty }

    /// The pieces of the operation that are still under way.
    private var pieces: [Piece] = []
    private var communicator: Communicator?
    private var call: StaticString = ""
    private var count = 0
    private var abandoned = false

    private struct Piece {
        var raw: lockstep_mpi_request
        let length: Int
        /// The elements of a message that is received; nil where MPI itself sees to the length.
        let received: Datatype?
    }

    public init() {
        pieces.reserveCapacity(1)
    }

    deinit {
        let excused = abandoned || communicator?.process.hasFailed ?? false
        require(isFinished || excused, "a request (\(call), \(count) elements) was dropped before it was finished")
    }

    /// Drives MPI's progress and tells whether the operation is finished. Returns at once.
    ///
    /// - Throws: `Failure(.mpi)`, also where a message has another length than the buffer that it was to be received in.
    ///
    /// The corresponding C functions are `MPI_Test` and `MPI_Get_count`.
    public func test() throws -> Bool {
        while var piece = pieces.last {
            var finished: Int32 = 0
            var status = MPI_Status()
            let code = MPI_Test(&piece.raw.handle, &finished, &status)
            try communicator?.check(code, "MPI_Test", "\(call) of \(count) elements")
            guard finished != 0 else { return false }
            pieces.removeLast()
            if let type = piece.received {
                try communicator?.checkLength(&status, type, expected: piece.length, "MPI_Test", "\(call) of \(count) elements")
            }
        }
        return true
    }

    /// Returns when the operation is finished: tests, spins briefly, then gives the core to others between tests.
    ///
    /// - Parameter meanwhile: called between tests; it may look at a deadline, or drive other requests. What it throws is thrown on,
    ///   and the request is then abandoned.
    public func wait(meanwhile: () throws -> Void = {}) throws {
        try waitUntil(test) {
            do { try meanwhile() } catch {
                abandon()
                throw error
            }
        }
    }

    /// Gives the operation up. MPI may still read and write its buffer, which must therefore live as long as the process; this rank is
    /// to end (`abort`), not to go on.
    public func abandon() {
        abandoned = true
    }

    func begin(_ call: StaticString, on communicator: Communicator) {
        require(isFinished, "a request (\(self.call), \(count) elements) was started again before it was finished")
        self.call = call
        self.communicator = communicator
        count = 0
        abandoned = false
    }

    func add(_ piece: lockstep_mpi_request, length: Int, received: Datatype? = nil) {
        pieces.append(Piece(raw: piece, length: length, received: received))
        count += length
    }
}
