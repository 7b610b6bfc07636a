/// Measured times as a sum of known amounts, each at a cost that is the same in all of them: t ≈ Σ cⱼ · xⱼ.
///
/// The costs are those, none below 0, for which the relative errors (1 − Σ cⱼ · xⱼ ÷ t) are least in the sum of their squares: else the
/// longest time alone would decide.
public struct RelativeFit: Sendable, Equatable {
    /// One for each amount.
    public let costs: [Double]
    /// The root of the mean square of the relative errors.
    public let error: Double

    /// Tries each choice of costs that are not 0, which for a handful is soon done and finds the least error for certain.
    ///
    /// - Parameter times: each with as many amounts as the others, at most ten; seconds above 0.
    /// - Returns: nil where fewer times than amounts are given, or they cannot tell the amounts apart.
    public init?(_ times: [(amounts: [Double], seconds: Double)]) {
        guard let count = times.first?.amounts.count, (1...10).contains(count), times.count >= count,
            times.allSatisfy({ $0.amounts.count == count && $0.seconds > 0 })
        else { return nil }
        let rows = times.map { time in time.amounts.map { $0 / time.seconds } }
        guard Self.solution(rows, columns: Array(0..<count)) != nil else { return nil }
        var best: (costs: [Double], squares: Double)?
        for choice in 1..<(1 << count) {
            let columns = (0..<count).filter { choice >> $0 & 1 == 1 }
            guard let solved = Self.solution(rows, columns: columns), solved.allSatisfy({ $0 >= 0 }) else { continue }
            var costs = [Double](repeating: 0, count: count)
            for (column, cost) in zip(columns, solved) { costs[column] = cost }
            let misses = rows.map { 1 - dot($0, costs) }
            let squares = dot(misses, misses)
            if squares < best?.squares ?? .infinity { best = (costs, squares) }
        }
        guard let best else { return nil }
        (costs, error) = (best.costs, (best.squares / Double(times.count)).squareRoot())
    }

    /// The least squares of 1 − Σ cⱼ · xⱼ over some columns, by the normal equations; nil where they are singular.
    private static func solution(_ rows: [[Double]], columns: [Int]) -> [Double]? {
        // Columns of one length: costs per message and per byte differ by many powers of ten.
        let all = columns.map { column in rows.map { $0[column] } }
        let scales: [Double] = all.map { dot($0, $0).squareRoot() }
        guard scales.allSatisfy({ $0 > 0 }) else { return nil }
        let n = columns.count
        let ones = [Double](repeating: 1, count: rows.count)
        var matrix = (0..<n).map { i -> [Double] in
            let products: [Double] = (0..<n).map { dot(all[i], all[$0]) / (scales[i] * scales[$0]) }
            return products + [dot(all[i], ones) / scales[i]]
        }
        for pivot in 0..<n {
            let largest = (pivot..<n).max { abs(matrix[$0][pivot]) < abs(matrix[$1][pivot]) } ?? pivot
            matrix.swapAt(pivot, largest)
            guard abs(matrix[pivot][pivot]) > 1e-10 else { return nil }
            for row in 0..<n where row != pivot {
                let factor = matrix[row][pivot] / matrix[pivot][pivot]
                for column in pivot...n { matrix[row][column] -= factor * matrix[pivot][column] }
            }
        }
        return (0..<n).map { matrix[$0][n] / matrix[$0][$0] / scales[$0] }
    }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
