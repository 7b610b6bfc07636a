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
    /// What each value of the tree is rounded to on its way up, the leaves and the results among them.
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
    ///   - results: for each result the places where it is written. The places of a single result may be leaves' own; else they overlap
    ///     nothing.
    ///   - resultFormat: what is written; the rounding's own, or fp32.
    public func run(
        count: Int, leaves: [UnsafeMutableRawPointer], leafFormat: WireType, results: [[UnsafeMutableRawPointer]],
        resultFormat: WireType
    ) {
        // The last addition of a plain sum is written where its result belongs, rather than copied there.
        let endsInPlaces = merges.count > 1 && resultCount == 1 && rounding == .fp32 && resultFormat == .fp32
        let additions = merges.count - resultCount - (endsInPlaces ? 1 : 0)
        var start = 0
        while start < count {
            let length = min(Self.block, count - start)
            reduce(leaves, leafFormat, start, length, additions: additions)
            if endsInPlaces {
                add(stack[0], stack[1], to: results[0], start, length)
            } else {
                for (result, places) in results.enumerated() {
                    for place in places { write(stack[result], to: place, resultFormat, start, length) }
                }
            }
            start += length
        }
    }

    /// Leaves on the stack what there is of one block after so many additions.
    private func reduce(
        _ leaves: [UnsafeMutableRawPointer], _ format: WireType, _ start: Int, _ length: Int, additions: Int
    ) {
        var (depth, left) = (0, additions)
        for leaf in 0..<merges.count {
            if format == .fp32 {
                stack[depth] = UnsafePointer(leaves[leaf].assumingMemoryBound(to: Float.self) + start)
            } else {
                format.decode(count: length, from: leaves[leaf] + start * format.bytesPerValue, to: sum(depth))
                stack[depth] = UnsafePointer(sum(depth))
            }
            depth += 1
            for _ in 0..<min(left, merges[leaf]) {
                depth -= 1
                left -= 1
                rounding.add(count: length, stack[depth - 1], stack[depth], to: sum(depth - 1))
                stack[depth - 1] = UnsafePointer(sum(depth - 1))
            }
        }
    }

    /// The sum of two arrays, in several places.
    private func add(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, to places: [UnsafeMutableRawPointer], _ start: Int, _ length: Int
    ) {
        func place(_ number: Int) -> UnsafeMutablePointer<Float> { places[number].assumingMemoryBound(to: Float.self) + start }
        guard places.count > 1 else {
            if !places.isEmpty { Addition.forward(count: length, a, b, output: place(0)) }
            return
        }
        addTwice(length, a, b, place(0), place(1))
        for number in 2..<places.count { place(number).update(from: place(0), count: length) }
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

/// The sum of two arrays in two places, either of which may be one of the two: one pass, where a copy behind the sum would be another.
private func addTwice(
    _ count: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ first: UnsafeMutablePointer<Float>,
    _ second: UnsafeMutablePointer<Float>
) {
    var i = 0
    while i + 8 <= count {
        let sum = load8(a + i) + load8(b + i)
        store8(sum, at: first + i)
        store8(sum, at: second + i)
        i += 8
    }
    while i < count {
        let sum = a[i] + b[i]
        first[i] = sum
        second[i] = sum
        i += 1
    }
}
