/// In which way the ranks' samples come to linear layers that are divided by output neurons, while the layers in front of them work on each
/// rank's own samples. A global batch is cut into as many shares as there are passes.
///
/// Source: Krizhevsky, "One weird trick for parallelizing convolutional neural networks", arXiv:1404.5997, section 4.
public enum HybridScheme: String, Sendable, Codable, CaseIterable {
    /// All ranks assemble the whole global batch: one pass.
    case a
    /// In each pass, one share: with as many passes as ranks, each rank in its turn gives all of its samples.
    case b
    /// In each pass, an equal part of every share: every rank gives something each time.
    case c

    /// - Parameters:
    ///   - shares: of a global batch, by the places of samples in it; one for each pass, but in scheme a.
    ///   - ranks: what each rank has of it.
    public func passes(shares: [Range<Int>], ranks: [Range<Int>]) -> [LinearPass] {
        switch self {
        case .a: [LinearPass(of: shares, ranks: ranks)]
        case .b: shares.map { LinearPass(of: [$0], ranks: ranks) }
        case .c:
            shares.indices.map { pass in
                LinearPass(
                    of: shares.map { share in
                        func cut(_ number: Int) -> Int { share.lowerBound + share.count * number / shares.count }
                        return cut(pass)..<cut(pass + 1)
                    }, ranks: ranks)
            }
        }
    }

    /// The most samples of a pass where shares have up to so many.
    public func largestPass(ofShares counts: [Int]) -> Int {
        switch self {
        case .a: counts.reduce(0, +)
        case .b: counts.max() ?? 0
        case .c: counts.reduce(0) { $0 + ($1 + counts.count - 1) / counts.count }
        }
    }
}

/// The samples that linear layers take together, in the order of their rows: those of rank 0 first.
public struct LinearPass: Sendable, Equatable {
    /// For each rank, the places in the global batch of those that it gives, ascending.
    public let places: [[Range<Int>]]
    /// How many each rank gives.
    public let counts: [Int]

    public var count: Int { counts.reduce(0, +) }

    init(of taken: [Range<Int>], ranks: [Range<Int>]) {
        places = ranks.map { rank in taken.map { $0.clamped(to: rank) }.filter { !$0.isEmpty } }
        counts = places.map { $0.reduce(0) { $0 + $1.count } }
    }
}
