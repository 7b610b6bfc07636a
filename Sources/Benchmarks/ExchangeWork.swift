import MPI
import Statistics
import Training
import Tuning

/// What an exchange takes from the core of a rank that computes meanwhile: messages are put together, sent, received and added up by that
/// core, between its products, and the system works for them on it too.
struct ExchangeWork {
    private static let turns = 7
    /// The exchange is over before the computing is.
    private static let room = 1.5
    private static let shortest = 1e-3

    private let sums: AllReduceContestants
    private let world: Communicator
    private let computing: Computing

    init(_ sums: AllReduceContestants, _ world: Communicator) {
        (self.sums, self.world) = (sums, world)
        computing = IdleCore.sleeps ? .slept(SleptTime()) : .arithmetic(Arithmetic())
    }

    /// Collective.
    ///
    /// - Parameter exchange: about the seconds of one alone.
    /// - Returns: by how much longer the same computing takes beside it, on the rank where that is most: the median over the turns.
    func seconds(exchange: Double, firstBuffer: Int) throws -> Double {
        let longest = try world.allReduce(max(Self.shortest, Self.room * exchange), .max)
        var differences: [Double] = []
        for turn in 0..<Self.turns {
            sums.clear(.exchange, buffer: 0)
            try world.barrier()
            let alone = try timed { try computing.pass(longest) {} }
            try world.barrier()
            var beside = 0.0
            try sums.run(buffer: firstBuffer + turn) { progress in beside = try timed { try computing.pass(longest, progress) } }
            differences.append(beside - alone)
        }
        return try world.allReduce(max(0, differences.median), .max)
    }

    private func timed(_ work: () throws -> Void) throws -> Double {
        let start = Seconds.wallNow()
        try work()
        return Seconds.wallNow() - start
    }
}

/// Computing of a known length, which lets others go on every tenth of a millisecond as kernels do.
private enum Computing {
    case arithmetic(Arithmetic)
    /// As steps whose computing is slept.
    case slept(SleptTime)

    func pass(_ seconds: Double, _ progress: () throws -> Void) throws {
        switch self {
        case .arithmetic(let arithmetic): try arithmetic.pass(seconds, progress)
        case .slept(let slept): try withoutActuallyEscaping(progress) { try slept.pass(seconds, progress: $0) }
        }
    }
}

/// Additions and multiplications in registers: always as many for so many seconds.
private final class Arithmetic {
    private static let interval = 100e-6
    private static let sample = 20_000
    private var roundsPerInterval = 1
    private var state: UInt64 = 1

    init() {
        var fastest = Double.infinity
        for _ in 0..<20 {
            let start = Seconds.wallNow()
            run(Self.sample)
            fastest = min(fastest, Seconds.wallNow() - start)
        }
        roundsPerInterval = max(1, Int(Double(Self.sample) * Self.interval / fastest))
    }

    func pass(_ seconds: Double, _ progress: () throws -> Void) throws {
        for _ in 0..<max(1, Int(seconds / Self.interval)) {
            run(roundsPerInterval)
            try progress()
        }
    }

    /// Each round hangs on the one before, so that none is left out.
    private func run(_ rounds: Int) {
        var value = state
        for _ in 0..<rounds { value = value &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
        state = value | 1
    }
}
