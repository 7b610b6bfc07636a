import Diagnostics
import MPI

/// The start of a rank's work, stage after stage, each of which ends when all ranks are through with it.
///
/// Before the first step there are no flight records that ranks could read of each other. Here every rank sends rank 0 a message when it is
/// through with its part of a stage, and `StartWatch` ends a start that does not get on: by the rank that is still at its part, which tells
/// what it is at, or by rank 0, which names those that it has not heard of.
final class StartUp {
    let world: Communicator
    private let watch: StartWatch

    /// Watches from now on, until `end()`.
    ///
    /// - Parameters:
    ///   - deadline: for each stage.
    ///   - tell: called on another thread, before it ends the job, with what it found.
    init(world: Communicator, deadline: TimeSpan, tell: @escaping @Sendable (String) -> Void) {
        self.world = world
        watch = StartWatch(rank: world.rank, host: world.hostName, deadline: deadline, tell: tell)
    }

    deinit { end() }

    func end() { watch.end() }

    /// For stages that begin from now on.
    func setDeadline(_ deadline: TimeSpan) { watch.setDeadline(deadline) }

    /// One stage: `Communicator.agreed`, watched. Collective.
    ///
    /// - Parameter work: what a rank is at, as in "it *opens the data set*".
    func agreed<Value>(_ work: String, _ body: () throws -> Value) throws -> Value {
        watch.begin(work)
        return try world.agreed {
            let result = Result(catching: body)
            try awaitOthers()
            return try result.get()
        }
    }

    /// Ranks that would work on different things must not start: `text` must be rank 0's on every rank. Collective.
    /// - Throws: `AgreedFailure` with `explanation`, naming the ranks that differ.
    func requireSame(_ text: @autoclosure () throws -> String, orThrow explanation: String) throws {
        let work = "compares itself with rank 0"
        watch.begin(work)
        let mine = Array(try text().utf8)
        let first = try broadcast(mine)
        try agreed(work) { if first != mine { throw Failure(.usage, explanation) } }
    }

    /// Rank 0's bytes, on every rank. Collective.
    func broadcast(_ bytes: [UInt8]) throws -> [UInt8] {
        watch.wait(for: world.rank == 0 ? [] : [0])
        var bytes = bytes
        try world.broadcast(bytes: &bytes, from: 0)
        return bytes
    }

    /// Rank 0 hears of all others; they wait for it, as far as anyone can tell, until the stage is over.
    private func awaitOthers() throws {
        guard world.rank == 0 else {
            watch.wait(for: [0])
            try [1 as Int32].withUnsafeBufferPointer { try world.send($0, to: 0) }
            return
        }
        let signs = UnsafeMutableBufferPointer<Int32>.allocate(capacity: world.size)
        defer { signs.deallocate() }
        var missing = try (1..<world.size).map { rank in
            let request = Request()
            try world.startReceive(UnsafeMutableBufferPointer(rebasing: signs[rank...rank]), from: rank, with: request)
            return (rank: rank, request: request)
        }
        try waitUntil {
            watch.wait(for: missing.map(\.rank))
            missing = try missing.filter { try !$0.request.test() }
            return missing.isEmpty
        }
        watch.wait(for: [])
    }
}
