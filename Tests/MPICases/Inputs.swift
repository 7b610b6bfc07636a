import MPI

/// The lengths that buffers have in the cases: none, one, primes, and either side of a power of two.
let lengths = [0, 1, 2, 7, 63, 64, 65, 211]

/// How long a piece may be: all in one, and short ones of which the last is shorter.
let largestCounts = [Int(Int32.max), 64, 3]

/// An element type with values that are exact in it: every rank can compute what any rank holds, and sums over a few ranks are exact.
protocol CaseScalar: MPIScalar, Comparable, AdditiveArithmetic {
    init(_ value: Int)
}

extension Float: CaseScalar {}
extension Double: CaseScalar {}
extension Int: CaseScalar {}
extension Int64: CaseScalar {}
extension UInt64: CaseScalar {}
extension UInt8: CaseScalar {}

/// Rank r's elements, each at most 46, so that five ranks' sums fit a byte.
func input<T: CaseScalar>(_ type: T.Type, count: Int, rank: Int) -> [T] {
    (0..<count).map { T(($0 * 7 + rank * 13) % 47) }
}

/// The reduction of all ranks' inputs, one rank after the other.
func serialReduction<T: CaseScalar>(_ operation: ReductionOperation, _ type: T.Type, count: Int, ranks: Int) -> [T] {
    var result = input(type, count: count, rank: 0)
    for rank in 1..<max(1, ranks) where rank < ranks {
        for (index, value) in input(type, count: count, rank: rank).enumerated() {
            switch operation {
            case .sum: result[index] += value
            case .min: result[index] = min(result[index], value)
            case .max: result[index] = max(result[index], value)
            }
        }
    }
    return result
}

/// Uneven blocks: rank r has 5·r mod 7 elements, so that the first has none.
func unevenBlocks(ranks: Int) -> Blocks {
    Blocks(counts: (0..<ranks).map { $0 * 5 % 7 })
}

extension Blocks {
    /// A buffer of `total` elements as evenly as can be: the first ranks get one more where it does not come out even.
    init(dividing total: Int, ranks: Int) {
        self.init(counts: (0..<ranks).map { total / ranks + ($0 < total % ranks ? 1 : 0) })
    }
}

/// A case for each element type.
func forEachScalar(_ name: String, _ make: (String, any CaseScalar.Type) -> Case) -> [Case] {
    let types: [any CaseScalar.Type] = [Float.self, Double.self, Int.self, Int64.self, UInt64.self, UInt8.self]
    return types.map { make("\(name)-\($0)", $0) }
}
