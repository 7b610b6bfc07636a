import Testing

@testable import MPI

@Suite struct BlocksTests {
    @Test(arguments: [0, 1, 3, 4, 97], [1, 2, 3, 5]) func dividingCoversTheWholeEvenly(total: Int, ranks: Int) throws {
        let blocks = Blocks(dividing: total, ranks: ranks)
        #expect(blocks.total == total && blocks.counts.count == ranks)
        #expect((0..<ranks).flatMap { Array(blocks.range(of: $0)) } == Array(0..<total))
        let longest = try #require(blocks.counts.max())
        let shortest = try #require(blocks.counts.min())
        #expect(longest - shortest <= 1)
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
