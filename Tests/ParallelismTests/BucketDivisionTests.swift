import Testing

@testable import Parallelism

@Suite struct BucketDivisionTests {
    /// Parts are side by side in the order of owners, then nodes, cut at cache lines, and alike but for one line and the ends.
    @Test func partsCoverTheBucket() {
        var divisions = 0
        for start in [0, 1, 15, 16, 40] {
            for count in [0, 1, 15, 16, 17, 31, 64, 65, 1_000] {
                for (owners, nodes) in [(1, 1), (2, 1), (3, 1), (1, 4), (2, 3), (5, 7)] {
                    let range = start..<start + count
                    let division = BucketDivision(range: range, ownersPerNode: owners, nodes: nodes)
                    let parts = (0..<owners).flatMap { owner in (0..<nodes).map { division.part(ofOwner: owner, onNode: $0) } }
                    #expect(parts.flatMap { Array($0) } == Array(range))
                    let inner = parts.flatMap { [$0.lowerBound, $0.upperBound] }
                    #expect(inner.allSatisfy { $0.isMultiple(of: 16) || $0 == range.lowerBound || $0 == range.upperBound })
                    #expect(parts.allSatisfy { $0.count <= (count / (owners * nodes) / 16 + 2) * 16 })
                    divisions += 1
                }
            }
        }
        #expect(divisions == 5 * 9 * 6)
    }
}
