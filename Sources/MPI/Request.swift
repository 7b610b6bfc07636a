internal import COpenMPI
import Diagnostics
import Glibc

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
    private var pieces: [lockstep_mpi_request] = []
    private var communicator: Communicator?
    private var call: StaticString = ""
    private var count = 0
    private var abandoned = false

    public init() {
        pieces.reserveCapacity(1)
    }

    deinit {
        let excused = abandoned || communicator?.process.hasFailed ?? false
        require(isFinished || excused, "a request (\(call), \(count) elements) was dropped before it was finished")
    }

    /// Drives MPI's progress and tells whether the operation is finished. Returns at once.
    ///
    /// The corresponding C function is `MPI_Test`.
    public func test() throws -> Bool {
        while var piece = pieces.last {
            var finished: Int32 = 0
            let code = MPI_Test(&piece.handle, &finished, lockstep_mpi_status_ignore())
            try communicator?.check(code, "MPI_Test", "\(call) of \(count) elements")
            guard finished != 0 else { return false }
            pieces.removeLast()
        }
        return true
    }

    /// Returns when the operation is finished: tests, spins briefly, then gives the core to others between tests.
    ///
    /// - Parameter meanwhile: called between tests; it may look at a deadline, or drive other requests. What it throws is thrown on,
    ///   and the request is then abandoned.
    public func wait(meanwhile: () throws -> Void = {}) throws {
        var pause = Pause()
        while try !test() {
            do { try meanwhile() } catch {
                abandon()
                throw error
            }
            pause.take()
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

    func add(_ piece: lockstep_mpi_request, length: Int) {
        pieces.append(piece)
        count += length
    }
}

/// Waiting that is quick when the wait is short and leaves the core to other ranks when it is not: with more ranks than cores, the rank
/// that is waited for may be the one that cannot run.
struct Pause {
    private var taken = 0

    mutating func take() {
        taken += 1
        // It returns 0 always on Linux, and there is nothing to do about another answer.
        if taken > 64 { _ = sched_yield() }
    }
}
