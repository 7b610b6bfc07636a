import Diagnostics

/// Who adds what, so that all additions together are those of one tree: each rank sums its own terms to partial sums, the owners of a node
/// those of its ranks, and the owners of a part those of the nodes. Pure data, the same on every rank of a node.
struct ExchangePlan {
    /// A partial sum: which rank or node has it, and its number there.
    struct Part: Equatable {
        let holder: Int
        let number: Int
    }

    let tree: ReductionTree
    let map: NodeMap
    /// For each rank of the world: from its terms to its partial sums.
    let ranks: [ReductionTree.Combination]
    /// From the partial sums of a node's ranks to those of the node, for each node.
    let nodes: [ReductionTree.Combination]
    /// From the partial sums of all nodes to the one sum.
    let world: ReductionTree.Combination
    /// What goes into this rank's node's combination: places on the node, and numbers of their partial sums.
    let nodeParts: [Part]
    /// What goes into the world's: nodes, and numbers of their partial sums.
    let worldParts: [Part]

    /// - Parameter terms: for each rank of the world, the terms of the sum that it has; together all of them, each once.
    init(terms: [Range<Int>], map: NodeMap) {
        let count = terms.map(\.count).reduce(0, +)
        let covered = terms.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
        let ends = covered.map(\.upperBound)
        require(
            covered.map(\.lowerBound) == [0] + ends.dropLast() && ends.last == count,
            "ranks have each of the \(count) terms of a sum once, found \(terms)")
        let tree = ReductionTree(terms: count)
        let ranks = terms.map { tree.combination(ofTerms: $0) }
        func parts(_ holders: [ReductionTree.Combination]) -> [(part: Part, range: Range<Int>)] {
            let all = holders.enumerated().flatMap { holder, combination in
                combination.results.enumerated().map { (Part(holder: holder, number: $0), $1) }
            }
            return all.sorted { $0.1.lowerBound < $1.1.lowerBound }
        }
        let ofNodes = map.nodes.map { members in parts(members.map { ranks[$0] }) }
        let nodes = ofNodes.map { tree.combination(of: $0.map(\.range)) }
        let ofWorld = parts(nodes)
        (self.tree, self.map, self.ranks, self.nodes) = (tree, map, ranks, nodes)
        world = tree.combination(of: ofWorld.map(\.range))
        nodeParts = ofNodes[map.node].map(\.part)
        worldParts = ofWorld.map(\.part)
    }

    /// The partial sums of a rank of this rank's node, when it has added up what it can.
    func partialSums(ofPlace place: Int) -> Int { ranks[map.nodes[map.node][place]].results.count }

    /// How many partial sums a rank of this rank's node has at a time, at most: its slots in the window. One of them takes the result.
    func slots(ofPlace place: Int) -> Int { max(1, ranks[map.nodes[map.node][place]].stackDepth) }
}
