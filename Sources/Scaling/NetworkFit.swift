import Diagnostics
import Parallelism
import Reports
import Statistics

/// A sum over all ranks of so many bytes by Lockstep's own exchange, as `lockstep bench allreduce` measures it.
public struct AllReduceTime: Sendable, Codable, Equatable {
    /// All of them, evenly on the nodes.
    public var ranks: Int
    public var nodes: Int
    public var bytes: Int
    /// The median over the turns.
    public var seconds: Double
    /// By how much longer a rank computes while the sum goes on; nil where that was not measured.
    public var core: Double?

    public init(ranks: Int, nodes: Int, bytes: Int, seconds: Double, core: Double? = nil) {
        (self.ranks, self.nodes, self.bytes, self.seconds, self.core) = (ranks, nodes, bytes, seconds, core)
    }

    fileprivate var ranksPerNode: Int { ranks / nodes }

    /// Two volleys, to and fro, each with a latency, its messages and its bytes; and what a rank puts in order to be sent, adds up, and
    /// stores: its part of three times the bytes, but for the one node's that stay.
    fileprivate var amounts: (latencies: Double, messages: Double, sent: Double, added: Double) {
        let bucket = ExchangeBucket(0..<max(1, bytes / MemoryLayout<Float>.stride))
        let traffic = ExchangeTraffic(ranksOfNodes: Array(repeating: ranksPerNode, count: nodes))
        let (there, back) = (traffic.partialSums(of: bucket), traffic.sums(of: bucket))
        return (
            2, Double(there.messages + back.messages), Double(there.bytes + back.bytes),
            Double(bytes) * (3 - 1 / Double(nodes)) / Double(ranksPerNode)
        )
    }
}

extension NetworkModel {
    /// Both levels, each from the sums that tell of it: the node's cost from those of one node, the link's from those of several.
    ///
    /// - Parameter link: nil for one that is fitted.
    /// - Throws: `Failure.usage` where there is no link, and no sums of two sizes over several nodes to fit one to.
    public init(fitting times: [AllReduceTime], link given: Link? = nil) throws {
        let node = NodeCost(fitting: times)
        if let given {
            self.init(link: given, node: node, core: CoreCost(fitting: times), source: "as asked for")
            return
        }
        guard let (link, error) = Link.fit(times, node: node) else {
            throw Failure(
                .usage,
                "no network to predict with: found \(times.filter { $0.nodes > 1 }.count) sums between nodes, expected those of "
                    + "'lockstep bench allreduce --json' of several sizes; or give one, as in --network 10us,1.2GB/s")
        }
        let between = times.filter { $0.nodes > 1 }
        let counts = Set(between.map(\.nodes)).sorted()
        let nodes = counts.map(String.init).joined(separator: ", ")
        self.init(
            link: link, node: node, core: CoreCost(fitting: times),
            source: "fitted to \(between.count) sums on \(nodes) nodes, off by \(percent(error)) (root mean square)"
                + (counts.count > 1
                    ? "" : "; what a message costs is not told apart from the latency, so many nodes are predicted too fast"))
    }
}

extension [AllReduceTime] {
    /// A network of just so many nodes with a rank each: what they cost each other, as where hosts share a switch or cores, is in it.
    ///
    /// - Returns: nil where no sums of two sizes are of so many.
    public func network(ofNodes nodes: Int) -> NetworkModel? {
        try? NetworkModel(fitting: filter { $0.nodes == nodes && $0.ranks == nodes })
    }
}

extension NetworkModel.NodeCost {
    /// - Returns: nil where there are no sums of two sizes within one node.
    public init?(fitting times: [AllReduceTime]) {
        let inside = times.filter { $0.nodes == 1 && $0.ranks > 1 }.map { (amounts: [1, Double($0.bytes)], seconds: $0.seconds) }
        guard let fit = RelativeFit(inside) else { return nil }
        self.init(latency: fit.costs[0], secondsPerByte: fit.costs[1])
    }
}

extension NetworkModel.CoreCost {
    /// - Returns: nil where it was not measured for two sizes.
    init?(fitting times: [AllReduceTime]) {
        let measured = times.compactMap { time -> (amounts: [Double], seconds: Double)? in
            guard time.nodes > 1, let core = time.core, core > 0 else { return nil }
            // A rank's own part of its host's messages.
            let (_, messages, sent, _) = time.amounts
            return ([messages / Double(time.ranksPerNode), sent / Double(time.ranksPerNode)], core)
        }
        guard let fit = RelativeFit(measured) else { return nil }
        self.init(perMessage: fit.costs[0], perByte: fit.costs[1])
    }
}

extension NetworkModel.Link {
    /// Of one number of nodes, messages cannot be told from latencies, nor bytes that are added from those that are sent: both are then in
    /// the latency and the bandwidth.
    static func fit(_ times: [AllReduceTime], node: NetworkModel.NodeCost?) -> (link: Self, error: Double)? {
        let between = times.filter { $0.nodes > 1 }
        let measured = between.compactMap { time -> (amounts: [Double], seconds: Double)? in
            let (latencies, messages, sent, added) = time.amounts
            let inside = time.ranksPerNode > 1 ? node.map { $0.latency + $0.secondsPerByte * Double(time.bytes) } ?? 0 : 0
            guard time.seconds > inside else { return nil }
            return ([latencies, sent, messages, added], time.seconds - inside)
        }
        let several = Set(between.map(\.nodes)).count > 1
        let fit = RelativeFit(several ? measured : measured.map { (Array($0.amounts.prefix(2)), $0.seconds) })
        guard let fit, fit.costs[1] > 0 else { return nil }
        let link = Self(
            latency: fit.costs[0], bandwidth: 1 / fit.costs[1], perMessage: several ? fit.costs[2] : 0,
            reductionPerByte: several ? fit.costs[3] : 0)
        return (link, fit.error)
    }
}
