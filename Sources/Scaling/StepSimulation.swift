import Diagnostics
import Parallelism

/// A step's seconds, as simulated.
public struct SimulatedStep: Sendable, Equatable {
    public let seconds: Double
    /// What a rank computes, and works for the exchange meanwhile; it waits for the rest.
    public let computeSeconds: Double
    /// Of each bucket, when it was started and when it was through, in seconds from the step's beginning.
    public let buckets: [ClosedRange<Double>?]

    public var waitSeconds: Double { seconds - computeSeconds }
}

/// Runs a step program of all ranks, event by event.
///
/// What is assumed: all ranks do the same at the same times, those of the slowest one, and all links are alike. Then whatever a host sends to
/// the others it receives from them at the same time, and one rank and its host's link stand for all, however many there are. A host's link
/// carries both directions at once, and in each direction one volley behind the other, in the order in which they are sent, as the one
/// connection between each two hosts does. The sum of a collective by MPI stands in the same row as the buckets. What has come is noticed when the rank
/// looks: at once where it waits, every `pollInterval` while an operation polls, and not before its end where it does not. Adding what came takes a
/// waiting rank its time. What is sent while the rank computes makes its computing longer by the core's part of it (`NetworkModel.CoreCost`).
struct StepSimulation {
    /// What comes to a rank.
    private enum Arrival {
        case nodeSum(Int)
        case partialSums(Int)
        case sums(Int)
        case round
    }

    private enum Event {
        case operationEnds
        case sends(Arrival, ExchangeTraffic.Volley)
        case linkIsFree
        case arrives(Arrival)
        /// The rank calls MPI.
        case looks
    }

    private enum Rank {
        case computing(polls: Bool, from: Double)
        /// A finish, or a collective.
        case waiting
    }

    private let program: SimulatedProgram
    private let network: NetworkModel
    private let pollInterval: Double

    private var events = EventQueue<Event>()
    private var now = 0.0
    private var next = 0
    private var rank = Rank.waiting
    private var endOfOperation = 0.0
    /// Seconds that the exchange has taken from the operation under way, or from the next one, and from all of them.
    private var taken = 0.0
    private var takenInAll = 0.0
    private var willLook = false
    /// Until when the rank adds up what it has found.
    private var busyUntil = 0.0
    private var inbox: [Arrival] = []
    private var outbox: [(arrival: Arrival, seconds: Double)] = []
    private var forms: [ExchangeForm?]
    private var started: [Double?]
    private var finished: [Double?]
    /// Rounds of the collective that are still to come, and whether each crosses the link; nil where there is none.
    private var rounds: [Bool]?

    static func run(_ program: SimulatedProgram, over network: NetworkModel, pollInterval: Double = 100e-6) -> SimulatedStep {
        var simulation = StepSimulation(program, network, pollInterval)
        return simulation.run()
    }

    private init(_ program: SimulatedProgram, _ network: NetworkModel, _ pollInterval: Double) {
        (self.program, self.network, self.pollInterval) = (program, network, pollInterval)
        forms = program.buckets.map { _ in nil }
        started = program.buckets.map { _ in nil }
        finished = started
    }

    private mutating func run() -> SimulatedStep {
        begin()
        while next < program.operations.count {
            guard let event = events.popFirst() else { fault("operation \(next) of a simulated step waits for what never comes") }
            now = event.time
            switch event.event {
            case .operationEnds: end()
            case .sends(let arrival, let volley): send(arrival, volley)
            case .linkIsFree: linkIsFree()
            case .arrives(let arrival):
                inbox.append(arrival)
                wake()
            case .looks:
                willLook = false
                look()
            }
        }
        return SimulatedStep(
            seconds: now, computeSeconds: program.operations.reduce(takenInAll) { $0 + $1.seconds },
            buckets: zip(started, finished).map { start, end in start.flatMap { start in end.map { start...$0 } } })
    }

    // MARK: The rank

    /// Begins the next operation, if there is one.
    private mutating func begin() {
        guard next < program.operations.count else { return }
        let operation = program.operations[next]
        switch operation.action {
        case .compute(let polls): compute(operation.seconds, polls: polls)
        case .start: compute(operation.seconds, polls: false)
        case .finish: wait()
        case .collective(let bytes):
            let crossing = program.rounds(ofCollective: bytes).count
            let inside = program.nodes > 1 && bytes > 10_000 ? 0 : SimulatedProgram.doublings(program.ranksPerNode)
            rounds = Array(repeating: false, count: inside) + Array(repeating: true, count: crossing)
            beginRound()
            wait()
        }
    }

    private mutating func compute(_ seconds: Double, polls: Bool) {
        rank = .computing(polls: polls, from: now)
        endOfOperation = now + seconds
        events.insert(.operationEnds, at: endOfOperation)
        wake()
    }

    private mutating func wait() {
        rank = .waiting
        // What a waiting rank does for messages is in the link's own costs.
        taken = 0
        look()
    }

    private mutating func end() {
        // Where buckets are started one behind the other and then waited for, nothing is computed meanwhile.
        if taken > 0, case .computing(polls: true, _) = rank {
            endOfOperation = now + taken
            takenInAll += taken
            taken = 0
            events.insert(.operationEnds, at: endOfOperation)
            wake()
            return
        }
        if case .start(let bucket, let form) = program.operations[next].action { start(bucket, form) }
        next += 1
        begin()
    }

    /// Whether what the rank waits for is there.
    private var mayGoOn: Bool {
        guard case .waiting = rank, next < program.operations.count else { return false }
        return switch program.operations[next].action {
        case .finish(let bucket): finished[bucket] != nil
        case .collective: rounds == nil
        case .compute, .start: false
        }
    }

    /// Sees to it that the rank looks when it next can.
    private mutating func wake() {
        guard !willLook, !inbox.isEmpty else { return }
        switch rank {
        case .waiting: lookLater(at: max(now, busyUntil))
        case .computing(polls: true, let from):
            let time = from + (max(1, ((now - from) / pollInterval).rounded(.up))) * pollInterval
            if time < endOfOperation { lookLater(at: max(time, busyUntil)) }
        case .computing: break
        }
    }

    private mutating func lookLater(at time: Double) {
        willLook = true
        events.insert(.looks, at: time)
    }

    private mutating func look() {
        if case .computing(polls: false, _) = rank { return }
        if now >= busyUntil {
            let found = inbox
            inbox = []
            for arrival in found { handle(arrival) }
        }
        if mayGoOn && now >= busyUntil {
            next += 1
            begin()
        } else if case .waiting = rank, now < busyUntil, !willLook {
            lookLater(at: busyUntil)
        } else {
            wake()
        }
    }

    // MARK: Buckets and collectives

    private mutating func start(_ bucket: Int, _ form: ExchangeForm) {
        (forms[bucket], started[bucket], finished[bucket]) = (form, now, nil)
        guard program.ranksPerNode > 1 else {
            haveNodeSum(bucket)
            return
        }
        let bytes = Double(program.buckets[bucket].bytes)
        let seconds = network.node.map { $0.latency + bytes * $0.secondsPerByte } ?? 0
        events.insert(.arrives(.nodeSum(bucket)), at: now + seconds)
    }

    private mutating func haveNodeSum(_ bucket: Int) {
        let traffic = program.buckets[bucket]
        if program.nodes == 1 {
            finished[bucket] = max(now, busyUntil)
        } else if forms[bucket] == .allGather {
            send(.sums(bucket), traffic.sums)
        } else {
            send(.partialSums(bucket), traffic.partialSums)
        }
    }

    private mutating func handle(_ arrival: Arrival) {
        switch arrival {
        case .nodeSum(let bucket): haveNodeSum(bucket)
        case .partialSums(let bucket):
            // All nodes' terms of the rank's own part are, with its node's, as long as the bucket.
            add(bytes: program.buckets[bucket].bytes)
            if forms[bucket] == .reduceScatter {
                finished[bucket] = busyUntil
            } else {
                events.insert(.sends(.sums(bucket), program.buckets[bucket].sums), at: busyUntil)
            }
        case .sums(let bucket):
            let others = Double(program.nodes - 1) / Double(program.nodes)
            add(bytes: Int(Double(program.buckets[bucket].bytes) * others))
            finished[bucket] = busyUntil
        case .round: beginRound()
        }
    }

    private mutating func add(bytes: Int) {
        let seconds = Double(bytes) * network.link.reductionPerByte / Double(program.ranksPerNode)
        busyUntil = max(now, busyUntil) + seconds
    }

    private mutating func beginRound() {
        guard let crosses = rounds?.popLast() else {
            rounds = nil
            return
        }
        guard case .collective(let bytes) = program.operations[next].action else { return }
        guard crosses else {
            let node = network.node.map { $0.latency + $0.secondsPerByte * Double(bytes) } ?? 0
            events.insert(.arrives(.round), at: now + node)
            return
        }
        let round = program.rounds(ofCollective: bytes)
        send(.round, .init(messages: 1, bytes: round.bytes))
    }

    // MARK: The link

    private mutating func send(_ arrival: Arrival, _ volley: ExchangeTraffic.Volley) {
        let seconds = network.link.seconds(messages: volley.messages, bytes: volley.bytes)
        if case .computing = rank, let core = network.core {
            // One of the host's ranks sends its part.
            taken += core.seconds(messages: volley.messages, bytes: volley.bytes) / Double(program.ranksPerNode)
        }
        outbox.append((arrival, seconds))
        if outbox.count == 1 { events.insert(.linkIsFree, at: now + seconds) }
    }

    /// The first of the row has left.
    private mutating func linkIsFree() {
        events.insert(.arrives(outbox.removeFirst().arrival), at: now + network.link.latency)
        if let first = outbox.first { events.insert(.linkIsFree, at: now + first.seconds) }
    }
}
