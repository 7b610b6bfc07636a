/// C ← A·B, or C ← C + A·B, for a C of at most eight columns: one vector holds a whole row of it.
///
/// A network's first convolution has few output channels, and BLAS, whose register tile is 16 wide, leaves most of it empty there: this
/// takes a quarter of its time for 6 columns. A tile is eight rows of C in eight registers; each step loads one row of B and multiplies it by
/// eight values of A. Sums run over `depth` in order. The last tile overlaps the one before it, and stores only its new rows.
///
/// - Parameters:
///   - a: A[r, d] stands at `a[r · rowStride + d · depthStride]`, so A may be transposed.
///   - b: [depth, columns], its rows `bStride` floats apart.
///   - c: [rows, columns], its rows `cStride` floats apart.
/// - Precondition: rows ≥ 8, 1 ≤ columns ≤ 8, depth ≥ 1.
@inline(never)
func multiplyNarrow(
    rows: Int, columns: Int, depth: Int, _ a: UnsafePointer<Float>, rowStride: Int, depthStride: Int, _ b: UnsafePointer<Float>,
    bStride: Int, accumulate: Bool, into c: UnsafeMutablePointer<Float>, cStride: Int
) {
    // The rows of B of which eight lanes can be read without leaving B; lanes behind a row's end are never stored.
    let room = (depth - 1) * bStride + columns - 8
    let wholeDepth = room < 0 ? 0 : min(depth, room / bStride + 1)
    var first = 0
    var stored = 0
    while stored < rows {
        var sums = InlineArray<8, SIMD8<Float>>(repeating: SIMD8())
        let tile = a + first * rowStride
        for d in 0..<wholeDepth {
            let row = load8(b + d * bStride)
            let values = tile + d * depthStride
            for r in 0..<8 { sums[r].addProduct(row, SIMD8(repeating: values[r * rowStride])) }
        }
        for d in wholeDepth..<depth {
            let row = load(b + d * bStride, width: columns)
            let values = tile + d * depthStride
            for r in 0..<8 { sums[r].addProduct(row, SIMD8(repeating: values[r * rowStride])) }
        }
        // Only constants index the registers: a variable one would put them into memory, in the loop above as well.
        for r in 0..<8 where first + r >= stored {
            let target = c + (first + r) * cStride
            store(accumulate ? load(target, width: columns) + sums[r] : sums[r], width: columns, at: target)
        }
        stored = first + 8
        first = min(stored, rows - 8)
    }
}
