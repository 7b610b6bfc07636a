import Foundation
import MPI

/// Ranks' clocks, told against rank 0's.
struct AlignedClock {
    /// By how much this clock is ahead of rank 0's at two times; in between, as much as a straight line says.
    private let first: (time: Double, offset: Double)
    private let second: (time: Double, offset: Double)

    /// - Parameters: the same clock compared before and behind what is to be aligned.
    init(_ first: (time: Double, offset: Double), _ second: (time: Double, offset: Double)) {
        (self.first, self.second) = (first, second)
    }

    func aligned(_ time: Double) -> Double {
        let span = second.time - first.time
        let share = span > 0 ? (time - first.time) / span : 0
        return time - (first.offset + share * (second.offset - first.offset))
    }

    /// This rank's time, and how far it is ahead of rank 0's; none on rank 0's host, whose ranks have one clock. Collective.
    static func comparison(over world: Communicator) throws -> (time: Double, offset: Double) {
        let host = try world.hostNames()[0]
        let offset = try world.clockOffset(StepClock.now)
        return (StepClock.now(), host == world.hostName ? 0 : offset)
    }
}

/// How what a rank waited in its exchanges divides into two: until the last rank had come to the exchange there was nothing that could have
/// travelled to the end, and from then on it is the exchange itself that was waited for.
struct WaitDivision {
    /// Seconds, summed over all waits.
    private(set) var waiting = 0.0
    private(set) var transfer = 0.0

    /// Collective: all ranks give the waits of the same operations in the same steps.
    init(_ waits: [StepClock.Wait], clock: AlignedClock, over world: Communicator) throws {
        let own = waits.map { clock.aligned($0.arrival) }
        let arrivals = try world.allGather(bytes: own.withUnsafeBytes { Array($0) }).map { bytes in
            bytes.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
        }
        for (index, wait) in waits.enumerated() {
            let last = arrivals.reduce(-.infinity) { max($0, $1[index]) }
            let seconds = wait.end - wait.start
            let waited = min(max(last - clock.aligned(wait.start), 0), seconds)
            waiting += waited
            transfer += seconds - waited
        }
    }
}
