import Foundation
import Parallelism
import Testing

@testable import Scaling

/// Simulated steps against what can be written down.
@Suite struct SimulationTests {
    private let network = NetworkModel(
        link: .init(latency: 50e-6, bandwidth: 1e9, perMessage: 2e-6, reductionPerByte: 1e-10),
        node: .init(latency: 5e-6, secondsPerByte: 2e-10), source: "planted")

    private func bucket(_ bytes: Int, nodes: Int, ranksPerNode: Int = 1) -> SimulatedProgram.Bucket {
        let volley = ExchangeTraffic.Volley(messages: ranksPerNode * (nodes - 1), bytes: bytes * (nodes - 1) / nodes)
        return .init(bytes: bytes, partialSums: volley, sums: volley)
    }

    /// One bucket that nothing hides: two volleys, each (n − 1) messages and (n − 1)/n of the bytes and a latency; n terms are added, and
    /// (n − 1)/n of the bytes stored.
    @Test(arguments: [2, 4, 8, 1024], [1 << 10, 1 << 20, 1 << 26]) func oneBucketWithoutOverlap(nodes: Int, bytes: Int) {
        let program = SimulatedProgram(
            operations: [
                .init(action: .compute(polls: true), seconds: 0.010), .init(action: .start(bucket: 0, .allReduce), seconds: 0.001),
                .init(action: .finish(bucket: 0), seconds: 0), .init(action: .compute(polls: false), seconds: 0.002),
            ], buckets: [bucket(bytes, nodes: nodes)], nodes: nodes, ranksPerNode: 1)
        let step = StepSimulation.run(program, over: network)
        let share = Double(nodes - 1) / Double(nodes)
        let volley: Double = 50e-6 + Double(nodes - 1) * 2e-6 + Double(bytes) * share / 1e9
        let adding: Double = Double(bytes) * 1e-10 * (1 + share)
        let expected: Double = 0.013 + 2 * volley + adding
        #expect(abs(step.seconds - expected) < 1e-9 * Double(bytes), "\(step.seconds), expected \(expected)")
        #expect(abs(step.seconds / expected - 1) < 1e-6)
        #expect(abs(step.computeSeconds - 0.013) < 1e-12)
    }

    /// Behind a long operation that polls everything is hidden; behind one that does not, the second half begins at its end.
    @Test func overlapNeedsPolls() {
        func seconds(polls: Bool) -> Double {
            let program = SimulatedProgram(
                operations: [
                    .init(action: .start(bucket: 0, .allReduce), seconds: 0), .init(action: .compute(polls: polls), seconds: 0.1),
                    .init(action: .finish(bucket: 0), seconds: 0),
                ], buckets: [bucket(1 << 20, nodes: 2)], nodes: 2, ranksPerNode: 1)
            return StepSimulation.run(program, over: network).seconds
        }
        #expect(abs(seconds(polls: true) - 0.1) < 1e-12)
        let volley: Double = 52e-6 + Double(1 << 19) / 1e9
        let adding: Double = Double(1 << 20) * 1.5e-10
        #expect(abs(seconds(polls: false) - (0.1 + volley + adding)) < 1e-8)
    }

    /// What arrives between two looks waits for the next: with looks every 10 ms the halves take whole ones.
    @Test func looksAreApart() throws {
        let program = SimulatedProgram(
            operations: [
                .init(action: .start(bucket: 0, .allReduce), seconds: 0), .init(action: .compute(polls: true), seconds: 0.1),
                .init(action: .finish(bucket: 0), seconds: 0),
            ], buckets: [bucket(1 << 20, nodes: 2)], nodes: 2, ranksPerNode: 1)
        let step = StepSimulation.run(program, over: network, pollInterval: 0.010)
        let end = try #require(step.buckets[0]).upperBound
        #expect(abs(end - (0.020 + Double(1 << 20) * 0.5e-10)) < 1e-8, "\(end)")
    }

    /// What is sent while the rank computes makes its computing longer, once; a rank that waits has it in the link's costs.
    @Test func messagesTakeTheCore() {
        var network = network
        network.core = .init(perMessage: 10e-6, perByte: 1e-9)
        func step(computing: Double) -> SimulatedStep {
            let program = SimulatedProgram(
                operations: [
                    .init(action: .start(bucket: 0, .allReduce), seconds: 0),
                    .init(action: .compute(polls: true), seconds: computing),
                    .init(action: .finish(bucket: 0), seconds: 0),
                ], buckets: [bucket(1 << 20, nodes: 2)], nodes: 2, ranksPerNode: 1)
            return StepSimulation.run(program, over: network)
        }
        // Two volleys of a message and half a megabyte each.
        let work: Double = 2 * (10e-6 + Double(1 << 19) * 1e-9)
        let hidden = step(computing: 0.1)
        #expect(abs(hidden.seconds - (0.1 + work)) < 1e-9 && abs(hidden.computeSeconds - hidden.seconds) < 1e-9, "\(hidden)")
        // The first volley alone is sent before the rank waits.
        #expect(abs(step(computing: 0).computeSeconds - work / 2) < 1e-9, "\(step(computing: 0))")
    }

    /// Two buckets that are started together share the link: volley behind volley, in the order in which they are sent.
    @Test func bucketsShareTheLink() {
        let program = SimulatedProgram(
            operations: [
                .init(action: .start(bucket: 0, .reduceScatter), seconds: 0),
                .init(action: .start(bucket: 1, .reduceScatter), seconds: 0),
                .init(action: .finish(bucket: 0), seconds: 0), .init(action: .finish(bucket: 1), seconds: 0),
            ], buckets: [bucket(1 << 20, nodes: 2), bucket(1 << 20, nodes: 2)], nodes: 2, ranksPerNode: 1)
        let step = StepSimulation.run(program, over: network)
        let volley: Double = 2e-6 + Double(1 << 19) / 1e9
        let adding: Double = Double(1 << 20) * 1e-10
        #expect(abs(step.seconds - (2 * volley + 50e-6 + adding)) < 1e-9)
    }

    /// Two levels: the node's sum, then as many bytes over the host's link as with one rank, in twice the messages; each rank adds half.
    @Test func twoLevels() {
        let bytes = 1 << 20
        let program = SimulatedProgram(
            operations: [.init(action: .start(bucket: 0, .allReduce), seconds: 0), .init(action: .finish(bucket: 0), seconds: 0)],
            buckets: [bucket(bytes, nodes: 4, ranksPerNode: 2)], nodes: 4, ranksPerNode: 2)
        let step = StepSimulation.run(program, over: network)
        let node: Double = 5e-6 + Double(bytes) * 2e-10
        let volley: Double = 50e-6 + 6 * 2e-6 + Double(bytes) * 0.75 / 1e9
        let adding: Double = Double(bytes) * 0.5e-10 * 1.75
        #expect(abs(step.seconds - (node + 2 * volley + adding)) < 1e-8)
        // On one node there is the node's sum alone.
        let alone = SimulatedProgram(
            operations: program.operations, buckets: [bucket(bytes, nodes: 1, ranksPerNode: 2)], nodes: 1, ranksPerNode: 2)
        #expect(abs(StepSimulation.run(alone, over: network).seconds - node) < 1e-12)
    }

    /// MPI's sums: ⌈log₂ n⌉ rounds of few bytes; of many, 2 (n − 1) rounds of an n-th.
    @Test(arguments: [(2, 1), (3, 2), (8, 3), (1024, 10)]) func collectives(nodes: Int, doublings: Int) {
        func seconds(_ bytes: Int) -> Double {
            let program = SimulatedProgram(
                operations: [.init(action: .collective(bytes: bytes), seconds: 0)], buckets: [], nodes: nodes, ranksPerNode: 1)
            return StepSimulation.run(program, over: network).seconds
        }
        #expect(abs(seconds(48) - Double(doublings) * (52e-6 + 48e-9)) < 1e-9)
        let rounds = Double(2 * (nodes - 1))
        let part = Double((1 << 20) / nodes)
        #expect(abs(seconds(1 << 20) / (rounds * (52e-6 + part / 1e9)) - 1) < 1e-4)
    }

    /// Events come by time, and at one time in the order in which they were put in.
    @Test(arguments: 1...5) func eventsInOrder(seed: Int) {
        var queue = EventQueue<Int>()
        var state = UInt64(seed)
        var times: [Double] = []
        for number in 0..<500 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            times.append(Double(state >> 60))
            queue.insert(number, at: times[number])
        }
        var found: [Int] = []
        while let event = queue.popFirst() { found.append(event.event) }
        #expect(found == (0..<500).sorted { (times[$0], $0) < (times[$1], $1) })
    }
}
