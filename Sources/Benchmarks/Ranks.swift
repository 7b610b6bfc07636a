import MPI
import Training
import Tuning

/// The ranks that are measured together: those of a world, or this process alone, which then needs no MPI. All but `count` is collective.
struct Ranks {
    let world: Communicator?

    var count: Int { world?.size ?? 1 }

    /// Returns when all have come here.
    func meet() throws { try world?.barrier() }

    /// The value of `work`, if it succeeded on every rank; as `Communicator.agreed`.
    func agreed<Value>(_ work: () throws -> Value) throws -> Value {
        guard let world else { return try work() }
        return try world.agreed(work)
    }

    func largest(_ value: Double) throws -> Double { try world?.allReduce(value, .max) ?? value }
    func sum(_ value: Double) throws -> Double { try world?.allReduce(value, .sum) ?? value }

    /// The largest of each clock.
    func largest(_ seconds: Seconds) throws -> Seconds {
        Seconds(wall: try largest(seconds.wall), cpu: try largest(seconds.cpu))
    }

    /// The mean of each clock.
    func mean(_ seconds: Seconds) throws -> Seconds {
        Seconds(wall: try sum(seconds.wall), cpu: try sum(seconds.cpu)) / count
    }
}
