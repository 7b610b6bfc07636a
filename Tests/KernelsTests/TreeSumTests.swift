import Kernels
import TestSupport
import Testing

/// Sums by a stack against the same stack with one element at a time, bit for bit, at counts around the block's and the vector's length.
@Suite struct TreeSumTests {
    private static let counts = [1, 7, 8, 9, TreeSum.block - 1, TreeSum.block, TreeSum.block + 1, 3 * TreeSum.block + 5]
    private static let trees = [
        [0], [0, 1], [0, 1, 1], [0, 0, 2], [0, 1, 0, 2], [0, 0, 0, 3], [0, 1, 0, 2, 0, 1, 0, 3], [0, 0, 0], [0, 1, 0], [0, 0, 1],
    ]

    @Test(arguments: WireType.allCases, WireType.allCases) func everyTree(rounding: WireType, leafFormat: WireType) {
        for (number, merges) in Self.trees.enumerated() {
            for count in Self.counts {
                let workspace = Workspace()
                let leaves = merges.indices.map { leaf in
                    decoded(hashedFloats(count, stream: 10 * number + leaf, scale: leaf == 1 ? 100 : 1), leafFormat, workspace)
                }
                let places = leaves.map { encoded($0, leafFormat, workspace) }
                let sum = TreeSum(merges: merges, rounding: rounding)
                let formats: [WireType] = rounding == .fp32 ? [.fp32] : [.fp32, rounding]
                for format in formats {
                    // Two places for each result.
                    let results = (0..<sum.resultCount).map { _ in
                        [0, 1].map { _ in UnsafeMutableRawPointer(workspace.unwritten(words(count, format))) }
                    }
                    sum.run(count: count, leaves: places, leafFormat: leafFormat, results: results, resultFormat: format)
                    let expected = reference(leaves, merges, rounding)
                    #expect(expected.count == sum.resultCount)
                    for (places, values) in zip(results, expected) {
                        for place in places {
                            let found = workspace.unwritten(count)
                            format.decode(count: count, from: place, to: found)
                            let same = (0..<count).allSatisfy { found[$0].bitPattern == values[$0].bitPattern }
                            #expect(same, "\(merges), \(count) elements, \(leafFormat) to \(rounding) as \(format)")
                        }
                    }
                }
                #expect(workspace.isIntact)
            }
        }
    }

    /// The result in the first leaf's place, and in the last one's.
    @Test func inPlace() {
        for count in Self.counts {
            let workspace = Workspace()
            let leaves = (0..<3).map { hashedFloats(count, stream: $0) }
            let places = leaves.map { UnsafeMutableRawPointer(workspace.floats($0)) }
            TreeSum(merges: [0, 1, 1]).run(
                count: count, leaves: places, leafFormat: .fp32, results: [[places[0], places[2]]], resultFormat: .fp32)
            let expected = reference(leaves, [0, 1, 1], .fp32)[0]
            for place in [places[0], places[2]] {
                #expect(values(place.assumingMemoryBound(to: Float.self), count) == expected)
            }
            #expect(values(places[1].assumingMemoryBound(to: Float.self), count) == leaves[1] && workspace.isIntact)
        }
    }

    @Test func ofNothing() {
        TreeSum(merges: [0, 1]).run(count: 0, leaves: [], leafFormat: .fp32, results: [[]], resultFormat: .fp32)
        #expect(TreeSum(merges: [0, 1, 0]).resultCount == 2)
    }

    private func reference(_ leaves: [[Float]], _ merges: [Int], _ rounding: WireType) -> [[Float]] {
        func rounded(_ x: Float) -> Float {
            var (input, output) = (x, x)
            rounding.round(count: 1, from: &input, to: &output)
            return output
        }
        var stack: [[Float]] = []
        for (leaf, count) in zip(leaves, merges) {
            stack.append(leaf.map(rounded))
            for _ in 0..<count {
                let right = stack.removeLast()
                stack.append(zip(stack.removeLast(), right).map { rounded($0 + $1) })
            }
        }
        return stack
    }

    /// Floats that hold so many values of a format.
    private func words(_ count: Int, _ format: WireType) -> Int { (count * format.bytesPerValue + 3) / 4 }

    private func encoded(_ values: [Float], _ format: WireType, _ workspace: Workspace) -> UnsafeMutableRawPointer {
        let place = UnsafeMutableRawPointer(workspace.unwritten(words(values.count, format)))
        format.encode(count: values.count, from: values, to: place)
        return place
    }

    /// The values as they come out of a format.
    private func decoded(_ values: [Float], _ format: WireType, _ workspace: Workspace) -> [Float] {
        let place = workspace.floats(values)
        format.round(count: values.count, from: place, to: place)
        return Array(UnsafeBufferPointer(start: place, count: values.count))
    }
}
