import Diagnostics
import MPI

/// Which ranks share memory.
struct NodeMap: Equatable {
    /// The world's ranks on each node, in order; nodes in the order of their first ranks.
    let nodes: [[Int]]
    /// This rank's node, and its place there.
    let node: Int
    let place: Int

    /// How many ranks of each node own a part of what is exchanged: as many as the smallest node has, since the owners of one part, one on
    /// each node, send it to each other.
    var ownersPerNode: Int { nodes.map(\.count).min() ?? 0 }

    /// - Parameter firstRankOfNode: for each rank of the world, the first rank of its node.
    init(firstRankOfNode: [Int], rank: Int) {
        let firsts = Set(firstRankOfNode).sorted()
        nodes = firsts.map { first in firstRankOfNode.indices.filter { firstRankOfNode[$0] == first } }
        guard let node = nodes.firstIndex(where: { $0.contains(rank) }), let place = nodes[node].firstIndex(of: rank) else {
            fault("rank \(rank) is on no node of \(nodes)")
        }
        (self.node, self.place) = (node, place)
    }

    /// Collective over the world.
    init(world: Communicator, node: Communicator) throws {
        let first = try node.broadcast(world.rank, from: 0)
        self.init(firstRankOfNode: try world.allGather(first), rank: world.rank)
    }
}
