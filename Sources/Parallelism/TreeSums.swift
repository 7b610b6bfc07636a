import Diagnostics
import Kernels

/// A plan's two combinations as sums that can be run, for each wire type. Buckets take turns with them.
struct TreeSums {
    private let ofNode: [WireType: TreeSum]
    private let ofWorld: [WireType: TreeSum]

    init(_ plan: ExchangePlan, wireTypes: Set<WireType>) {
        func sums(_ merges: [Int]) -> [WireType: TreeSum] {
            Dictionary(uniqueKeysWithValues: wireTypes.map { ($0, TreeSum(merges: merges, rounding: $0)) })
        }
        ofNode = sums(plan.nodes[plan.map.node].merges)
        ofWorld = sums(plan.world.merges)
    }

    /// From the partial sums of this node's ranks to the node's.
    func node(_ wire: WireType) -> TreeSum { sum(wire, in: ofNode) }

    /// From the nodes' partial sums to the sum.
    func world(_ wire: WireType) -> TreeSum { sum(wire, in: ofWorld) }

    private func sum(_ wire: WireType, in sums: [WireType: TreeSum]) -> TreeSum {
        guard let sum = sums[wire] else { fault("no bucket travels as \(wire)") }
        return sum
    }
}
