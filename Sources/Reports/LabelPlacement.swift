import Diagnostics

/// Labels beside one another along a line: each as near to its wish as the others allow.
enum LabelPlacement {
    /// Places of labels, in the order of `wishes`, at least `spacing` apart and within `range`, with the least sum of squared distances
    /// to the wishes (isotonic regression by pooling adjacent violators, in O(n log n)).
    ///
    /// - Returns: nil where so many do not fit.
    static func places(wishes: [Double], spacing: Double, in range: ClosedRange<Double>) -> [Double]? {
        require(wishes.allSatisfy(\.isFinite) && spacing > 0, "labels wish for \(wishes), \(spacing) apart")
        guard Double(wishes.count - 1) * spacing <= range.upperBound - range.lowerBound else { return nil }
        let order = wishes.indices.sorted { (wishes[$0], $0) < (wishes[$1], $1) }
        // With the spacing taken off, places only have to rise; pools are labels that share one.
        var pools: [(sum: Double, count: Int)] = []
        for (position, index) in order.enumerated() {
            pools.append((wishes[index] - Double(position) * spacing, 1))
            while pools.count >= 2 {
                let (last, before) = (pools[pools.count - 1], pools[pools.count - 2])
                guard last.sum / Double(last.count) < before.sum / Double(before.count) else { break }
                pools.removeLast()
                pools[pools.count - 1] = (before.sum + last.sum, before.count + last.count)
            }
        }
        let highest = max(range.lowerBound, range.upperBound - Double(wishes.count - 1) * spacing)
        var places = wishes
        var position = 0
        for pool in pools {
            let base = min(max(pool.sum / Double(pool.count), range.lowerBound), highest)
            for _ in 0..<pool.count {
                places[order[position]] = base + Double(position) * spacing
                position += 1
            }
        }
        return places
    }
}
