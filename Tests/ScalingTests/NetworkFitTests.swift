import Diagnostics
import Parallelism
import Testing

@testable import Scaling

/// Times of sums, made by the simulation from planted networks, give the networks back.
@Suite struct NetworkFitTests {
    private let link = NetworkModel.Link(latency: 40e-6, bandwidth: 0.9e9, perMessage: 3e-6, reductionPerByte: 1.5e-10)
    private let node = NetworkModel.NodeCost(latency: 2e-6, secondsPerByte: 1.2e-10)
    private let sizes = (0..<11).map { 1024 << (2 * $0) }

    /// One sum as the benchmark takes it: the copy that is sent is made in `start`.
    private func time(nodes: Int, ranksPerNode: Int = 1, bytes: Int, _ link: NetworkModel.Link) -> AllReduceTime {
        let traffic = ExchangeTraffic(ranksOfNodes: Array(repeating: ranksPerNode, count: nodes))
        let bucket = SimulatedProgram.Bucket(.init(firstFloat: 0, floats: bytes / 4), traffic)
        let copying = nodes > 1 ? Double(bytes) * link.reductionPerByte / Double(ranksPerNode) : 0
        let program = SimulatedProgram(
            operations: [
                .init(action: .start(bucket: 0, .allReduce), seconds: copying), .init(action: .finish(bucket: 0), seconds: 0),
            ], buckets: [bucket], nodes: nodes, ranksPerNode: ranksPerNode)
        let step = StepSimulation.run(program, over: NetworkModel(link: link, node: node, source: ""))
        return AllReduceTime(ranks: nodes * ranksPerNode, nodes: nodes, bytes: bytes, seconds: step.seconds)
    }

    @Test(arguments: [1, 2]) func plantedCostsComeBack(ranksPerNode: Int) throws {
        let between = [2, 4, 8].flatMap { nodes in
            sizes.map { time(nodes: nodes, ranksPerNode: ranksPerNode, bytes: $0, link) }
        }
        let inside = sizes.map { time(nodes: 1, ranksPerNode: 2, bytes: $0, link) }
        let model = try NetworkModel(fitting: between + inside)
        #expect(abs(model.link.latency / link.latency - 1) < 0.02, "\(model)")
        #expect(abs(model.link.bandwidth / link.bandwidth - 1) < 0.02, "\(model)")
        #expect(abs(model.link.perMessage / link.perMessage - 1) < 0.02, "\(model)")
        #expect(abs(model.link.reductionPerByte / link.reductionPerByte - 1) < 0.05, "\(model)")
        let found = try #require(model.node)
        #expect(abs(found.latency / node.latency - 1) < 1e-6 && abs(found.secondsPerByte / node.secondsPerByte - 1) < 1e-6)
        #expect(model.source.contains("33 sums on 2, 4, 8 nodes"), "\(model.source)")
    }

    /// On two nodes alone: what a message and an addition cost is in the latency and the bandwidth, and the times come out all the same.
    @Test func oneNumberOfNodes() throws {
        let times = sizes.map { time(nodes: 2, bytes: $0, link) }
        let model = try NetworkModel(fitting: times)
        #expect(model.link.perMessage == 0 && model.link.reductionPerByte == 0 && model.node == nil)
        #expect(abs(model.link.latency / (link.latency + link.perMessage) - 1) < 0.02, "\(model)")
        for measured in times {
            let again = time(nodes: 2, bytes: measured.bytes, model.link)
            #expect(abs(again.seconds / measured.seconds - 1) < 0.02, "\(measured)")
        }
    }

    /// What messages take from a core that computes, planted, comes back; of two ranks of a host each has half.
    @Test(arguments: [1, 2]) func theCoresPartComesBack(ranksPerNode: Int) throws {
        let core = NetworkModel.CoreCost(perMessage: 4e-6, perByte: 6e-10)
        let times = [2, 4].flatMap { nodes in
            sizes.map { bytes in
                var time = time(nodes: nodes, ranksPerNode: ranksPerNode, bytes: bytes, link)
                // Two volleys of (n − 1) messages of each rank, and (n − 1)/n of the bytes of each host.
                let sent = 2 * Double(bytes) * Double(nodes - 1) / Double(nodes) / Double(ranksPerNode)
                time.core = Double(2 * (nodes - 1)) * core.perMessage + sent * core.perByte
                return time
            }
        }
        let found = try #require(try NetworkModel(fitting: times).core)
        #expect(abs(found.perMessage / core.perMessage - 1) < 0.01 && abs(found.perByte / core.perByte - 1) < 0.01, "\(found)")
        #expect(try NetworkModel(fitting: sizes.map { time(nodes: 2, bytes: $0, link) }).core == nil)
    }

    @Test func aGivenLinkIsTaken() throws {
        let inside = sizes.map { time(nodes: 1, ranksPerNode: 2, bytes: $0, link) }
        let model = try NetworkModel(fitting: inside, link: link)
        #expect(model.link == link && model.node != nil && model.source == "as asked for")
        let failure = #expect(throws: Failure.self) { try NetworkModel(fitting: inside) }
        #expect(failure?.kind == .usage && failure?.description.contains("--network 10us,1.2GB/s") == true)
    }
}
