/// How a bucket is cut into parts, each of which has one owner on one node: owner o of node n has part o · nodes + n, so that an owner's parts
/// of all nodes, which together are its slice of the node's sum, lie side by side.
///
/// Cut at cache lines, so that no two ranks write the same one; a bucket of few lines leaves some parts empty.
struct BucketDivision: Equatable {
    private static let floatsPerLine = 16

    let range: Range<Int>
    let ownersPerNode: Int
    let nodes: Int

    func part(ofOwner owner: Int, onNode node: Int) -> Range<Int> {
        let lines = range.lowerBound / Self.floatsPerLine..<(range.upperBound + Self.floatsPerLine - 1) / Self.floatsPerLine
        let (part, parts) = (owner * nodes + node, ownersPerNode * nodes)
        func cut(_ number: Int) -> Int {
            let line = lines.lowerBound + lines.count * number / parts
            return min(max(line * Self.floatsPerLine, range.lowerBound), range.upperBound)
        }
        return range.isEmpty ? range : cut(part)..<cut(part + 1)
    }
}
