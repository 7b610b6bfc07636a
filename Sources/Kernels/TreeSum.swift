/// Sums of arrays, element by element, in the order of a binary tree: for each element the same additions in the same order, however long
/// the arrays are and wherever they are cut.
///
/// The tree is given as what a stack does: leaves are put on it one after the other, and behind leaf i the two topmost are replaced by
/// their sum `merges[i]` times. What remains on the stack, from the bottom, are the results. All leaves are read once and in blocks, so that
/// what is between them stays in L1.
public final class TreeSum {
    /// Floats worked on at once: 2 KB for each place of the stack.
    public static let block = 512

    public let merges: [Int]
    public let resultCount: Int
    /// What each value of the tree is rounded to, the leaves and the results among them.
    public let rounding: WireType
    private let sums: AlignedFloats
    private let stack: UnsafeMutablePointer<UnsafePointer<Float>>

    /// - Precondition: no merge takes more than the stack has, and there is a leaf.
    public init(merges: [Int], rounding: WireType = .fp32) {
        var (depth, deepest) = (0, 1)
        for count in merges {
            depth += 1
            deepest = max(deepest, depth)
            depth -= count
        }
        self.merges = merges
        self.rounding = rounding
        resultCount = depth
        sums = AlignedFloats(count: deepest * Self.block)
        stack = .allocate(capacity: deepest)
        stack.initialize(repeating: UnsafePointer(sums.base), count: deepest)
    }

    deinit { stack.deallocate() }

    /// Sums `count` elements.
    ///
    /// - Parameters:
    ///   - leaves: where each leaf's values begin, one for each of `merges`.
    ///   - leafFormat: what these values are.
    ///   - results: for each result the places where it is written; they may be leaves' own, but not overlap them otherwise.
    ///   - resultFormat: what is written; the rounding's own, or fp32.
    public func run(
        count: Int, leaves: [UnsafeMutableRawPointer], leafFormat: WireType, results: [[UnsafeMutableRawPointer]],
        resultFormat: WireType
    ) {
        var start = 0
        while start < count {
            let length = min(Self.block, count - start)
            reduce(leaves, leafFormat, start, length)
            for (result, places) in results.enumerated() {
                for place in places { write(stack[result], to: place, resultFormat, start, length) }
            }
            start += length
        }
    }

    /// Leaves the results of one block on the stack.
    private func reduce(_ leaves: [UnsafeMutableRawPointer], _ format: WireType, _ start: Int, _ length: Int) {
        var depth = 0
        for leaf in 0..<merges.count {
            if format == .fp32 {
                stack[depth] = UnsafePointer(leaves[leaf].assumingMemoryBound(to: Float.self) + start)
            } else {
                format.decode(count: length, from: leaves[leaf] + start * format.bytesPerValue, to: sum(depth))
                stack[depth] = UnsafePointer(sum(depth))
            }
            depth += 1
            for _ in 0..<merges[leaf] {
                depth -= 1
                rounding.add(count: length, stack[depth - 1], stack[depth], to: sum(depth - 1))
                stack[depth - 1] = UnsafePointer(sum(depth - 1))
            }
        }
    }

    private func write(
        _ values: UnsafePointer<Float>, to place: UnsafeMutableRawPointer, _ format: WireType, _ start: Int, _ length: Int
    ) {
        if format == .fp32 {
            rounding.round(count: length, from: values, to: place.assumingMemoryBound(to: Float.self) + start)
        } else {
            format.encode(count: length, from: values, to: place + start * format.bytesPerValue)
        }
    }

    private func sum(_ depth: Int) -> UnsafeMutablePointer<Float> { sums.base + depth * Self.block }
}
