/// Up to 6×4 sums of vectors, in registers: an outer product that grows by `rows` × `columns` multiply-adds at a time.
///
/// 24 sums, `rows` factors and one vector fill 31 of AVX-512's 32 registers; 3×4 of them fill AVX2's 16. Only constants index the registers:
/// a variable one would put them into memory.
struct SampleTile<let rows: Int, let columns: Int> {
    private var first = InlineArray<rows, KernelVector>(repeating: KernelVector())
    private var second = InlineArray<rows, KernelVector>(repeating: KernelVector())
    private var third = InlineArray<rows, KernelVector>(repeating: KernelVector())
    private var fourth = InlineArray<rows, KernelVector>(repeating: KernelVector())

    @inline(__always)
    init() {}

    /// Row r begins as `start(r)`.
    @inline(__always)
    init(_ start: (_ row: Int) -> KernelVector) {
        for row in 0..<rows {
            let value = start(row)
            first[row] = value
            second[row] = value
            third[row] = value
            fourth[row] = value
        }
    }

    /// Sum (r, j) += `factor(r)` · `vector(j)`.
    @inline(__always)
    mutating func addProducts(_ factor: (_ row: Int) -> KernelVector, _ vector: (_ column: Int) -> KernelVector) {
        let factors = InlineArray<rows, KernelVector> { factor($0) }
        let x0 = vector(0)
        for row in 0..<rows { first[row].addProduct(x0, factors[row]) }
        if columns > 1 {
            let x1 = vector(1)
            for row in 0..<rows { second[row].addProduct(x1, factors[row]) }
        }
        if columns > 2 {
            let x2 = vector(2)
            for row in 0..<rows { third[row].addProduct(x2, factors[row]) }
        }
        if columns > 3 {
            let x3 = vector(3)
            for row in 0..<rows { fourth[row].addProduct(x3, factors[row]) }
        }
    }

    @inline(__always)
    func forEach(_ body: (_ row: Int, _ column: Int, _ sum: KernelVector) -> Void) {
        for row in 0..<rows { body(row, 0, first[row]) }
        if columns > 1 { for row in 0..<rows { body(row, 1, second[row]) } }
        if columns > 2 { for row in 0..<rows { body(row, 2, third[row]) } }
        if columns > 3 { for row in 0..<rows { body(row, 3, fourth[row]) } }
    }
}

/// The tiles' greatest size.
enum SampleTiles {
    static var rows: Int { KernelVector.scalarCount == 16 ? 6 : 3 }
    static var columns: Int { 4 }
}
