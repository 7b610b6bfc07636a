import Diagnostics

/// The fixed binary tree in whose order the terms of a sum are added, whoever adds them.
///
/// Its leaves are the terms 0 ..< `terms`: a global batch's micro-batches, or ranks. A node over [a, b) of more than one term splits at
/// a + the largest power of two below b − a. So every aligned block of a power of two is a node whatever the number of terms, and the order
/// of a sum is a function of that number alone: not of the ranks, of the nodes of the cluster, or of which terms stand where.
public struct ReductionTree: Sendable, Equatable {
    public let terms: Int

    /// - Precondition: there is a term.
    public init(terms: Int) {
        require(terms > 0, "a sum has at least one term, found \(terms)")
        self.terms = terms
    }

    /// Whether the tree has a node over just these terms.
    public func hasNode(over range: Range<Int>) -> Bool {
        guard !range.isEmpty, range.lowerBound >= 0, range.upperBound <= terms else { return false }
        let block = range.count.powerOfTwoFromHere
        // The last block may be cut off by the end of the terms.
        return range.lowerBound.isMultiple(of: block) && (range.count == block || range.upperBound == terms)
    }

    /// The sum's tree for parts that are already added up: what a stack does with them, and what remains.
    ///
    /// - Parameter parts: nodes of the tree that do not overlap, in order; there may be gaps between them.
    public func combination(of parts: [Range<Int>]) -> Combination {
        var (stack, merges): ([Range<Int>], [Int]) = ([], [])
        var deepest = 0
        for part in parts {
            require(hasNode(over: part), "a tree of \(terms) terms has no node over \(part)")
            require(part.lowerBound >= stack.last?.upperBound ?? 0, "parts stand in order, found \(parts)")
            stack.append(part)
            merges.append(0)
            deepest = max(deepest, stack.count)
            // Two nodes side by side that together are a node are the two below it.
            while stack.count > 1, let both = union(stack[stack.count - 2], stack[stack.count - 1]), hasNode(over: both) {
                stack.removeLast(2)
                stack.append(both)
                merges[merges.count - 1] += 1
            }
        }
        return Combination(parts: parts, merges: merges, results: stack, stackDepth: deepest)
    }

    /// What a rank does with the terms of a range, one after the other, and the largest nodes within the range: at most 2 · log₂(count) of
    /// them, and log₂(count) + 1 where the range begins at a multiple of its length rounded up to a power of two.
    public func combination(ofTerms range: Range<Int>) -> Combination { combination(of: range.map { $0..<$0 + 1 }) }
}

extension ReductionTree {
    /// How a list of parts becomes fewer: each part is put on a stack, and behind part i the two topmost are replaced by their sum
    /// `merges[i]` times.
    public struct Combination: Sendable, Equatable {
        public let parts: [Range<Int>]
        public let merges: [Int]
        /// The parts that remain on the stack, from the bottom.
        public let results: [Range<Int>]
        /// How many parts stand on the stack at most.
        public let stackDepth: Int
    }
}

/// Two ranges side by side as one; nil where there is a gap between them.
private func union(_ left: Range<Int>, _ right: Range<Int>) -> Range<Int>? {
    left.upperBound == right.lowerBound ? left.lowerBound..<right.upperBound : nil
}

extension Int {
    /// The smallest power of two that is not below this number.
    fileprivate var powerOfTwoFromHere: Int { self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
