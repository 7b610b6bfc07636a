import Testing

@testable import MPI

@Suite struct BlocksTests {
    @Test(arguments: [[], [0], [3], [0, 5, 3], [2, 0, 0, 7]]) func rangesCoverTheWholeInTurn(counts: [Int]) {
        let blocks = Blocks(counts: counts)
        #expect(counts.indices.map { blocks.range(of: $0).count } == counts)
        #expect(counts.indices.flatMap { Array(blocks.range(of: $0)) } == Array(0..<blocks.total))
    }

    @Test func aTotalBeyond32BitsHasNoCountsForC() {
        let blocks = Blocks(of: Int(Int32.max), ranks: 2)
        #expect(blocks.total == 2 * Int(Int32.max) && blocks.offsets[1] == Int(Int32.max))
        #expect(blocks.counts32.isEmpty && blocks.offsets32.isEmpty)
    }

    @Test func onlyEqualBlocksHaveACommonCount() {
        #expect(Blocks(of: 3, ranks: 4).commonCount == 3)
        #expect(Blocks(counts: [3, 3, 2]).commonCount == nil)
    }
}
