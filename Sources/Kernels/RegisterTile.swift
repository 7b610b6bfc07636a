/// Sums that stay in registers: some rows of one or two vectors.
///
/// Only constants index the registers, for a variable one would put them into memory; and only arrays of up to eight are sure to be taken
/// apart into registers, so a tile has an upper and a lower part. 12 by two fill 24 of the 32 registers of AVX-512, and with two vectors of
/// the right side and one value of the left 27; 6 by two fill 12 and 15 of AVX2's 16.
protocol RegisterTile {
    associatedtype Lanes: SIMD<Float>
    static var rows: Int { get }
    /// Vectors of a row.
    static var vectors: Int { get }
    /// All zero.
    init()
    /// Adds the outer product of `rows` values, `stride` floats apart, and `vectors` vectors.
    mutating func add(_ values: UnsafePointer<Float>, stride: Int, _ vectors: UnsafePointer<Float>)
    /// Puts the sums at `target`, its rows `stride` floats apart, or adds them to what is there.
    func store(accumulate: Bool, _ target: UnsafeMutablePointer<Float>, stride: Int)
}

extension RegisterTile {
    static var columns: Int { vectors * Lanes.scalarCount }

    /// Asks for the lines that `store` will write, so that they come while sums are made.
    @inline(__always)
    static func prefetch(_ target: UnsafeMutablePointer<Float>, stride: Int) {
        for r in 0..<rows {
            for vector in 0..<vectors { prefetchForWriting(target + r * stride + vector * Lanes.scalarCount) }
        }
    }
}

struct WideTile<Lanes: SIMD<Float>, let upper: Int, let lower: Int>: RegisterTile {
    private var upperLow = InlineArray<upper, Lanes>(repeating: Lanes())
    private var upperHigh = InlineArray<upper, Lanes>(repeating: Lanes())
    private var lowerLow = InlineArray<lower, Lanes>(repeating: Lanes())
    private var lowerHigh = InlineArray<lower, Lanes>(repeating: Lanes())

    static var rows: Int { upper + lower }
    static var vectors: Int { 2 }

    @inline(__always)
    init() {}

    @inline(__always)
    mutating func add(_ values: UnsafePointer<Float>, stride: Int, _ vectors: UnsafePointer<Float>) {
        let (low, high) = (Lanes(at: vectors), Lanes(at: vectors + Lanes.scalarCount))
        for r in 0..<upper {
            let value = Lanes(repeating: values[r * stride])
            upperLow[r].addProduct(low, value)
            upperHigh[r].addProduct(high, value)
        }
        for r in 0..<lower {
            let value = Lanes(repeating: values[(upper + r) * stride])
            lowerLow[r].addProduct(low, value)
            lowerHigh[r].addProduct(high, value)
        }
    }

    @inline(__always)
    func store(accumulate: Bool, _ target: UnsafeMutablePointer<Float>, stride: Int) {
        for r in 0..<upper {
            put(upperLow[r], accumulate, target + r * stride)
            put(upperHigh[r], accumulate, target + r * stride + Lanes.scalarCount)
        }
        for r in 0..<lower {
            put(lowerLow[r], accumulate, target + (upper + r) * stride)
            put(lowerHigh[r], accumulate, target + (upper + r) * stride + Lanes.scalarCount)
        }
    }
}

struct NarrowTile<Lanes: SIMD<Float>, let upper: Int, let lower: Int>: RegisterTile {
    private var upperSums = InlineArray<upper, Lanes>(repeating: Lanes())
    private var lowerSums = InlineArray<lower, Lanes>(repeating: Lanes())

    static var rows: Int { upper + lower }
    static var vectors: Int { 1 }

    @inline(__always)
    init() {}

    @inline(__always)
    mutating func add(_ values: UnsafePointer<Float>, stride: Int, _ vectors: UnsafePointer<Float>) {
        let vector = Lanes(at: vectors)
        for r in 0..<upper { upperSums[r].addProduct(vector, Lanes(repeating: values[r * stride])) }
        for r in 0..<lower { lowerSums[r].addProduct(vector, Lanes(repeating: values[(upper + r) * stride])) }
    }

    @inline(__always)
    func store(accumulate: Bool, _ target: UnsafeMutablePointer<Float>, stride: Int) {
        for r in 0..<upper { put(upperSums[r], accumulate, target + r * stride) }
        for r in 0..<lower { put(lowerSums[r], accumulate, target + (upper + r) * stride) }
    }
}

@inline(__always)
private func put<Lanes: SIMD<Float>>(_ sum: Lanes, _ accumulate: Bool, _ target: UnsafeMutablePointer<Float>) {
    (accumulate ? Lanes(at: target) + sum : sum).store(at: target)
}
