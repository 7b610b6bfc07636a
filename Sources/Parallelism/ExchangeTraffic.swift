import Diagnostics

/// What the exchange of buckets sends between the nodes of a cluster, without one: pure numbers, by the plan and the division that
/// `GradientExchange` itself goes by.
public struct ExchangeTraffic: Sendable {
    /// What leaves a host for all others in one phase of a bucket's exchange.
    public struct Volley: Sendable, Equatable {
        public let messages: Int
        public let bytes: Int

        public init(messages: Int, bytes: Int) { (self.messages, self.bytes) = (messages, bytes) }
    }

    private let nodes: Int
    private let ownersPerNode: Int
    /// Of each node, when its ranks' are added up.
    private let partialSumCounts: [Int]

    /// - Parameters:
    ///   - ranksOfNodes: how many ranks each node has; ranks stand node by node.
    ///   - terms: for each rank, the terms of the sum that it has; nil for one each.
    public init(ranksOfNodes: [Int], terms: [Range<Int>]? = nil) {
        require(!ranksOfNodes.isEmpty && ranksOfNodes.allSatisfy { $0 > 0 }, "nodes have ranks, found \(ranksOfNodes)")
        var firsts: [Int] = []
        for count in ranksOfNodes { firsts += Array(repeating: firsts.count, count: count) }
        let map = NodeMap(firstRankOfNode: firsts, rank: 0)
        let plan = ExchangePlan(terms: terms ?? firsts.indices.map { $0..<$0 + 1 }, map: map)
        (nodes, ownersPerNode) = (map.nodes.count, map.ownersPerNode)
        partialSumCounts = plan.nodes.map(\.results.count)
    }

    /// The partial sums that the busiest host sends: of each part of another node's, as many as its own ranks' terms leave.
    public func partialSums(of bucket: ExchangeBucket) -> Volley {
        busiest(bucket) { node, own in (bucket.range.count - own) * partialSumCounts[node] }
    }

    /// The sums that the busiest host sends: its own parts, to every other node.
    public func sums(of bucket: ExchangeBucket) -> Volley { busiest(bucket) { _, own in own * (nodes - 1) } }

    /// - Parameter floats: that a node sends whose owners have so many.
    private func busiest(_ bucket: ExchangeBucket, _ floats: (_ node: Int, _ own: Int) -> Int) -> Volley {
        guard nodes > 1 else { return Volley(messages: 0, bytes: 0) }
        let division = BucketDivision(range: bucket.range, ownersPerNode: ownersPerNode, nodes: nodes)
        let most = (0..<nodes).map { node in
            floats(node, (0..<ownersPerNode).reduce(0) { $0 + division.part(ofOwner: $1, onNode: node).count })
        }.max()
        return Volley(messages: ownersPerNode * (nodes - 1), bytes: (most ?? 0) * bucket.wire.bytesPerValue)
    }
}
