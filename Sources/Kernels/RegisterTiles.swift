/// The matrix product behind Winograd's convolution: C ← A·B, or C ← C + A·B, in tiles that stay in registers.
///
/// A tile is 6 rows of 16 columns: twelve accumulators, two vectors of B and one value of A fill 15 of AVX2's 16 registers. Rows that are no
/// multiple of 6 end in tiles of 4 rows. Columns are taken 16 at a time, and of `depth` at most 256, so that a panel of B (16 KB) stays in
/// L1 while all rows of A pass by. Sums run over `depth` in order, fused.
///
/// - Parameters:
///   - rows: Rounded up to an even number, at least 4: so many rows of A are read and of C written.
///   - columns: A multiple of 16.
///   - a: A[r, d] stands at `a[r · aRowStride + d · aDepthStride]`, so A may be transposed.
///   - b: B[d, 16·j + i] stands at `b[j · bPanelStride + d · bDepthStride + i]`.
///   - c: C[r, k] stands at `c[r · cRowStride + k]`.
/// - Complexity: 2·rows·columns·depth flops.
func multiplyInRegisterTiles(
    rows: Int, columns: Int, depth: Int, _ a: UnsafePointer<Float>, aRowStride: Int, aDepthStride: Int, _ b: UnsafePointer<Float>,
    bPanelStride: Int, bDepthStride: Int, accumulate: Bool, into c: UnsafeMutablePointer<Float>, cRowStride: Int
) {
    let evenRows = registerTileRows(rows)
    for firstDepth in stride(from: 0, to: depth, by: 256) {
        let depths = min(256, depth - firstDepth)
        let adds = accumulate || firstDepth > 0
        for panel in 0..<columns / 16 {
            let bTile = b + panel * bPanelStride + firstDepth * bDepthStride
            var row = 0
            while row < evenRows {
                let aTile = a + row * aRowStride + firstDepth * aDepthStride
                let cTile = c + row * cRowStride + panel * 16
                let left = evenRows - row
                if left == 4 || left == 8 {
                    multiplyFourRows(depths, aTile, aRowStride, aDepthStride, bTile, bDepthStride, adds, cTile, cRowStride)
                    row += 4
                } else {
                    multiplySixRows(depths, aTile, aRowStride, aDepthStride, bTile, bDepthStride, adds, cTile, cRowStride)
                    row += 6
                }
            }
        }
    }
}

/// The rows that tiles of 6 and of 4 cover: even, and at least 4.
func registerTileRows(_ rows: Int) -> Int { max(4, (rows + 1) / 2 * 2) }

@inline(never)
private func multiplySixRows(
    _ depth: Int, _ a: UnsafePointer<Float>, _ aRowStride: Int, _ aDepthStride: Int, _ b: UnsafePointer<Float>, _ bDepthStride: Int,
    _ accumulate: Bool, _ c: UnsafeMutablePointer<Float>, _ cRowStride: Int
) {
    var tile = RegisterTile<6>()
    tile.multiply(depth, a, aRowStride, aDepthStride, b, bDepthStride)
    tile.store(accumulate, c, cRowStride)
}

@inline(never)
private func multiplyFourRows(
    _ depth: Int, _ a: UnsafePointer<Float>, _ aRowStride: Int, _ aDepthStride: Int, _ b: UnsafePointer<Float>, _ bDepthStride: Int,
    _ accumulate: Bool, _ c: UnsafeMutablePointer<Float>, _ cRowStride: Int
) {
    var tile = RegisterTile<4>()
    tile.multiply(depth, a, aRowStride, aDepthStride, b, bDepthStride)
    tile.store(accumulate, c, cRowStride)
}

/// `rows`×16 sums. Only constants index the registers: a variable one would put them into memory.
private struct RegisterTile<let rows: Int> {
    private var low = InlineArray<rows, SIMD8<Float>>(repeating: SIMD8())
    private var high = InlineArray<rows, SIMD8<Float>>(repeating: SIMD8())

    @inline(__always)
    init() {}

    @inline(__always)
    mutating func multiply(
        _ depth: Int, _ a: UnsafePointer<Float>, _ aRowStride: Int, _ aDepthStride: Int, _ b: UnsafePointer<Float>,
        _ bDepthStride: Int
    ) {
        for d in 0..<depth {
            let bLow = load8(b + d * bDepthStride)
            let bHigh = load8(b + d * bDepthStride + 8)
            for r in 0..<rows {
                let value = SIMD8<Float>(repeating: a[r * aRowStride + d * aDepthStride])
                low[r].addProduct(bLow, value)
                high[r].addProduct(bHigh, value)
            }
        }
    }

    @inline(__always)
    func store(_ accumulate: Bool, _ c: UnsafeMutablePointer<Float>, _ cRowStride: Int) {
        for r in 0..<rows {
            let row = c + r * cRowStride
            store8(accumulate ? load8(row) + low[r] : low[r], at: row)
            store8(accumulate ? load8(row + 8) + high[r] : high[r], at: row + 8)
        }
    }
}
