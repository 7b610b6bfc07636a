import Parallelism
import Testing

@Suite struct ExchangeTrafficTests {
    /// A bucket of 64 lines of 16 floats: each of n nodes sends (n − 1)/n of it, whatever ranks it has.
    @Test(arguments: [2, 4, 8, 64], [1, 2]) func wholeParts(nodes: Int, ranksPerNode: Int) {
        let traffic = ExchangeTraffic(ranksOfNodes: Array(repeating: ranksPerNode, count: nodes))
        let bucket = ExchangeBucket(2048..<2048 + 64 * 2 * 16)
        let volley = ExchangeTraffic.Volley(messages: ranksPerNode * (nodes - 1), bytes: 4 * 2048 * (nodes - 1) / nodes)
        #expect(traffic.partialSums(of: bucket) == volley && traffic.sums(of: bucket) == volley)
    }

    /// On one node nothing is sent; 16-bit values are half as long; a bucket of one line has one owner, who alone sends its sum.
    @Test func edges() {
        let alone = ExchangeTraffic(ranksOfNodes: [4])
        #expect(alone.sums(of: ExchangeBucket(0..<1024)) == .init(messages: 0, bytes: 0))
        let two = ExchangeTraffic(ranksOfNodes: [1, 1])
        #expect(two.sums(of: ExchangeBucket(0..<1024, wire: .bf16)).bytes == 1024)
        #expect(two.partialSums(of: ExchangeBucket(0..<16)).bytes == 64 && two.sums(of: ExchangeBucket(0..<16)).bytes == 64)
    }

    /// Six terms on two nodes of three ranks: 0, 1 and 2 are no node of the tree, so the first sends 0..<2 and 2 apart.
    @Test func moreThanOnePartialSum() {
        let terms = (0..<6).map { $0..<$0 + 1 }
        let traffic = ExchangeTraffic(ranksOfNodes: [3, 3], terms: terms)
        // 96 lines, three owners of 16 lines on each node.
        let bucket = ExchangeBucket(0..<96 * 16)
        #expect(traffic.partialSums(of: bucket).bytes == 2 * 48 * 64 && traffic.sums(of: bucket).bytes == 48 * 64)
    }
}
