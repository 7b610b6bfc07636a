import TestSupport
import Testing

@testable import Parallelism

/// The tree against its definition by recursion, and every way of dividing its additions against the tree.
@Suite struct ReductionTreeTests {
    @Test func nodesAreThoseOfTheRecursion() {
        for terms in 1...70 {
            let (tree, nodes) = (ReductionTree(terms: terms), nodes(over: 0..<terms))
            for start in 0..<terms {
                for end in start...terms { #expect(tree.hasNode(over: start..<end) == nodes.contains(start..<end)) }
            }
            #expect(!tree.hasNode(over: 0..<terms + 1) && !tree.hasNode(over: -1..<0))
        }
    }

    @Test func whatARankKeeps() {
        #expect(ReductionTree(terms: 8).combination(ofTerms: 0..<8).results == [0..<8])
        #expect(ReductionTree(terms: 8).combination(ofTerms: 3..<8).results == [3..<4, 4..<8])
        #expect(ReductionTree(terms: 8).combination(ofTerms: 1..<7).results == [1..<2, 2..<4, 4..<6, 6..<7])
        #expect(ReductionTree(terms: 7).combination(ofTerms: 4..<7).results == [4..<7])
        #expect(ReductionTree(terms: 7).combination(ofTerms: 4..<7).merges == [0, 1, 1])
        #expect(ReductionTree(terms: 8).combination(ofTerms: 5..<5).results == [])
    }

    /// Of any range: nodes of the tree, as large as can be, and no more at a time than is promised.
    @Test func ranges() {
        for terms in 1...40 {
            let (tree, nodes) = (ReductionTree(terms: terms), nodes(over: 0..<terms))
            for start in 0..<terms {
                for end in start + 1...terms {
                    let combination = tree.combination(ofTerms: start..<end)
                    let within = nodes.filter { start <= $0.lowerBound && $0.upperBound <= end }
                    let largest = within.filter { node in !within.contains { $0 != node && $0.clamped(to: node) == node } }
                    #expect(combination.results == largest.sorted { $0.lowerBound < $1.lowerBound })
                    let depth = logarithm(end - start) + 1
                    #expect(combination.results.count <= max(1, 2 * logarithm(end - start)))
                    if start.isMultiple(of: 1 << logarithm(end - start)) { #expect(combination.stackDepth <= depth) }
                }
            }
        }
    }

    /// Ranks with terms in a row, at random over ranks and nodes, and over more terms than ranks or fewer.
    @Test func anyPartitionAddsTheSame() {
        var plans = 0
        for terms in 1...24 {
            for draw in 0..<30 {
                let ranks = 1 + hashedInteger(below: 9, index: draw, stream: terms)
                let cuts = (1..<ranks).map { hashedInteger(below: terms + 1, index: draw * 10 + $0, stream: 100 + terms) }.sorted()
                let ranges = zip([0] + cuts, cuts + [terms]).map { $0..<$1 }
                // Nodes of ranks in a row, and every so often ranks that are dealt out in turns.
                let size = 1 + hashedInteger(below: ranks, index: draw, stream: 200 + terms)
                let firsts = (0..<ranks).map { draw.isMultiple(of: 5) ? $0 % size : $0 / size * size }
                #expect(
                    expression(ranges, firstRankOfNode: firsts) == recursion(0..<terms), "\(ranges) on nodes \(firsts)")
                plans += 1
            }
        }
        #expect(plans == 24 * 30)
    }

    /// What the owners come to by a plan, as text; each node's combination as this node's rank sees it.
    private func expression(_ ranges: [Range<Int>], firstRankOfNode: [Int]) -> String {
        let firsts = Set(firstRankOfNode).sorted()
        let plans = firsts.map { first in
            ExchangePlan(terms: ranges, map: NodeMap(firstRankOfNode: firstRankOfNode, rank: first))
        }
        let ranks = zip(plans[0].ranks, ranges).map { run($0, $1.map(String.init)) }
        let nodes = plans.enumerated().map { node, plan in
            #expect(plan.map.node == node)
            return run(plan.nodes[node], plan.nodeParts.map { ranks[plan.map.nodes[node][$0.holder]][$0.number] })
        }
        let world = run(plans[0].world, plans[0].worldParts.map { nodes[$0.holder][$0.number] })
        #expect(world.count == 1)
        return world.joined()
    }

    private func run(_ combination: ReductionTree.Combination, _ parts: [String]) -> [String] {
        #expect(combination.parts.count == parts.count && combination.merges.count == parts.count)
        var (stack, deepest): ([String], Int) = ([], 0)
        for (part, merges) in zip(parts, combination.merges) {
            stack.append(part)
            deepest = max(deepest, stack.count)
            for _ in 0..<merges {
                let right = stack.removeLast()
                stack.append("(\(stack.removeLast())+\(right))")
            }
        }
        #expect(stack.count == combination.results.count && deepest == combination.stackDepth)
        return stack
    }

    private func half(_ range: Range<Int>) -> Int {
        var half = 1
        while half * 2 < range.count { half *= 2 }
        return range.lowerBound + half
    }

    private func recursion(_ range: Range<Int>) -> String {
        guard range.count > 1 else { return "\(range.lowerBound)" }
        let middle = half(range)
        return "(\(recursion(range.lowerBound..<middle))+\(recursion(middle..<range.upperBound)))"
    }

    private func nodes(over range: Range<Int>) -> Set<Range<Int>> {
        guard range.count > 1 else { return [range] }
        let middle = half(range)
        return nodes(over: range.lowerBound..<middle).union(nodes(over: middle..<range.upperBound)).union([range])
    }

    /// Rounded up.
    private func logarithm(_ number: Int) -> Int { (0...).first { 1 << $0 >= number } ?? 0 }
}
