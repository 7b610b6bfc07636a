/// Eight rows of eight floats, in registers.
struct FloatSquare {
    private var upper = InlineArray<4, SIMD8<Float>>(repeating: SIMD8())
    private var lower = InlineArray<4, SIMD8<Float>>(repeating: SIMD8())

    /// The first `rows` ≤ 8 of eight rows that are `stride` floats apart; those behind them are 0.
    @inline(__always)
    init(_ source: UnsafePointer<Float>, stride: Int, rows: Int = 8) {
        for row in 0..<4 {
            if row < rows { upper[row] = load8(source + row * stride) }
            if row + 4 < rows { lower[row] = load8(source + (row + 4) * stride) }
        }
    }

    /// Puts the first `rows` ≤ 8 rows at `target`, `stride` floats apart.
    @inline(__always)
    func store(at target: UnsafeMutablePointer<Float>, stride: Int, rows: Int = 8) {
        for row in 0..<4 {
            if row < rows { store8(upper[row], at: target + row * stride) }
            if row + 4 < rows { store8(lower[row], at: target + (row + 4) * stride) }
        }
    }

    @inline(__always)
    mutating func add(_ other: FloatSquare) {
        for row in 0..<4 {
            upper[row] += other.upper[row]
            lower[row] += other.lower[row]
        }
    }

    /// The sum of the rows.
    @inline(__always)
    var sum: SIMD8<Float> {
        let both = InlineArray<4, SIMD8<Float>> { upper[$0] + lower[$0] }
        return (both[0] + both[1]) + (both[2] + both[3])
    }

    /// Three perfect shuffles: each puts row i and row i + 4 into rows 2i and 2i + 1, their lanes in turns. A place's six bits, row above lane,
    /// move round by one each time; after three, rows and lanes have changed places.
    @inline(__always)
    mutating func transpose() {
        shuffle()
        shuffle()
        shuffle()
    }

    @inline(__always)
    private mutating func shuffle() {
        let (a, b) = (upper, lower)
        for i in 0..<2 {
            upper[2 * i] = Self.interleave(a[i].lowHalf, b[i].lowHalf)
            upper[2 * i + 1] = Self.interleave(a[i].highHalf, b[i].highHalf)
            lower[2 * i] = Self.interleave(a[i + 2].lowHalf, b[i + 2].lowHalf)
            lower[2 * i + 1] = Self.interleave(a[i + 2].highHalf, b[i + 2].highHalf)
        }
    }

    @inline(__always)
    private static func interleave(_ even: SIMD4<Float>, _ odd: SIMD4<Float>) -> SIMD8<Float> {
        var both = SIMD8<Float>()
        both.evenHalf = even
        both.oddHalf = odd
        return both
    }
}
