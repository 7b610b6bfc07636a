/// The matrix product behind Winograd's convolution: C ← A·B, or C ← C + A·B, in tiles that stay in registers.
///
/// A tile is two vectors wide and as high as the registers allow: 12 rows of the 32 registers of AVX-512, whose 24 accumulators, two vectors
/// of B and one value of A fill 27; 6 of the 16 of AVX2, which fill 15. What is left of the rows ends in tiles of 6 and of 4, an odd vector
/// of the columns in tiles one vector wide. Of `depth` at most 256 are taken at a time, so that a panel of B stays near while all rows of A
/// pass by. Sums run over `depth` in order, fused, whatever the tile.
///
/// - Parameters:
///   - rows: Rounded up to an even number, at least 4: so many rows of A are read and of C written.
///   - columns: A multiple of `Vector.scalarCount`.
///   - a: A[r, d] stands at `a[r · aRowStride + d · aDepthStride]`, so A may be transposed.
///   - b: its panels of `registerTileColumns` columns lie `bPanelStride` apart, those of the last one perhaps half as many. The columns of
///     a panel are contiguous, its rows `bDepthStride` apart; nil for rows one behind the other.
///   - c: C[r, k] stands at `c[r · cRowStride + k]`.
/// - Complexity: 2·rows·columns·depth flops.
func multiplyInRegisterTiles(
    rows: Int, columns: Int, depth: Int, _ a: UnsafePointer<Float>, aRowStride: Int, aDepthStride: Int, _ b: UnsafePointer<Float>,
    bPanelStride: Int, bDepthStride: Int?, accumulate: Bool, into c: UnsafeMutablePointer<Float>, cRowStride: Int
) {
    let evenRows = registerTileRows(rows)
    for firstDepth in stride(from: 0, to: depth, by: 256) {
        let depths = min(256, depth - firstDepth)
        for column in stride(from: 0, to: columns, by: registerTileColumns) {
            let isWide = columns - column >= registerTileColumns
            let stride = bDepthStride ?? (isWide ? registerTileColumns : Vector.scalarCount)
            let panel = RegisterPanel(
                depth: depths, b: b + column / registerTileColumns * bPanelStride + firstDepth * stride, bStride: stride,
                aRowStride: aRowStride, aDepthStride: aDepthStride, cStride: cRowStride, accumulate: accumulate || firstDepth > 0)
            var row = 0
            while row < evenRows {
                let left = evenRows - row
                let aTile = a + row * aRowStride + firstDepth * aDepthStride
                let cTile = c + row * cRowStride + column
                switch (height: registerTileHeight(left), isWide) {
                case (12, true): panel.twelveByTwo(aTile, cTile)
                case (12, false): panel.twelveByOne(aTile, cTile)
                case (6, true): panel.sixByTwo(aTile, cTile)
                case (6, false): panel.sixByOne(aTile, cTile)
                case (_, true): panel.fourByTwo(aTile, cTile)
                case (_, false): panel.fourByOne(aTile, cTile)
                }
                row += registerTileHeight(left)
            }
        }
    }
}

/// Columns of a tile: two vectors.
let registerTileColumns = 2 * Vector.scalarCount

/// The rows that tiles cover: even, and at least 4.
func registerTileRows(_ rows: Int) -> Int { max(4, (rows + 1) / 2 * 2) }

/// The height of the next tile where `left` rows are left, an even number of at least 4: the highest that leaves none or at least 4.
@inline(__always)
private func registerTileHeight(_ left: Int) -> Int {
    if Vector.scalarCount == 16 && left >= 12 && left != 14 { return 12 }
    return left == 4 || left == 8 ? 4 : 6
}

/// A panel of B, and how A and C lie: all that the tiles of one column of tiles share. Each height and width is a function of its own, so
/// that no other code competes for its registers.
private struct RegisterPanel {
    let depth: Int
    let b: UnsafePointer<Float>, bStride: Int
    let aRowStride: Int, aDepthStride: Int
    let cStride: Int
    let accumulate: Bool

    @inline(never)
    func twelveByTwo(_ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>) {
        prefetch(c, rows: 12, vectors: 2)
        var (upper, lower) = (WideTile<6>(), WideTile<6>())
        for d in 0..<depth {
            let (low, high) = (Vector(at: b + d * bStride), Vector(at: b + d * bStride + Vector.scalarCount))
            upper.add(a + d * aDepthStride, aRowStride, low, high)
            lower.add(a + d * aDepthStride + 6 * aRowStride, aRowStride, low, high)
        }
        upper.store(accumulate, c, cStride)
        lower.store(accumulate, c + 6 * cStride, cStride)
    }

    @inline(never)
    func sixByTwo(_ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>) { multiply(WideTile<6>(), a, c) }

    @inline(never)
    func fourByTwo(_ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>) { multiply(WideTile<4>(), a, c) }

    @inline(__always)
    private func multiply<let rows: Int>(_ zero: WideTile<rows>, _ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>) {
        prefetch(c, rows: rows, vectors: 2)
        var tile = zero
        for d in 0..<depth {
            let (low, high) = (Vector(at: b + d * bStride), Vector(at: b + d * bStride + Vector.scalarCount))
            tile.add(a + d * aDepthStride, aRowStride, low, high)
        }
        tile.store(accumulate, c, cStride)
    }

    /// A tile of C is fetched while its products are summed.
    @inline(__always)
    private func prefetch(_ c: UnsafeMutablePointer<Float>, rows: Int, vectors: Int) {
        for r in 0..<rows {
            for vector in 0..<vectors { prefetchForWriting(c + r * cStride + vector * Vector.scalarCount) }
        }
    }

    @inline(never)
    func twelveByOne(_ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>) {
        prefetch(c, rows: 12, vectors: 1)
        var (upper, lower) = (NarrowTile<6>(), NarrowTile<6>())
        for d in 0..<depth {
            let values = Vector(at: b + d * bStride)
            upper.add(a + d * aDepthStride, aRowStride, values)
            lower.add(a + d * aDepthStride + 6 * aRowStride, aRowStride, values)
        }
        upper.store(accumulate, c, cStride)
        lower.store(accumulate, c + 6 * cStride, cStride)
    }

    @inline(never)
    func sixByOne(_ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>) { multiply(NarrowTile<6>(), a, c) }

    @inline(never)
    func fourByOne(_ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>) { multiply(NarrowTile<4>(), a, c) }

    @inline(__always)
    private func multiply<let rows: Int>(
        _ zero: NarrowTile<rows>, _ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>
    ) {
        prefetch(c, rows: rows, vectors: 1)
        var tile = zero
        for d in 0..<depth { tile.add(a + d * aDepthStride, aRowStride, Vector(at: b + d * bStride)) }
        tile.store(accumulate, c, cStride)
    }
}

/// Sums of `rows` rows and two vectors. Only constants index the registers: a variable one would put them into memory; and only arrays of
/// up to eight are sure to be taken apart into registers, so higher tiles have several.
private struct WideTile<let rows: Int> {
    private var low = InlineArray<rows, Vector>(repeating: Vector())
    private var high = InlineArray<rows, Vector>(repeating: Vector())

    @inline(__always)
    init() {}

    @inline(__always)
    mutating func add(_ a: UnsafePointer<Float>, _ aRowStride: Int, _ bLow: Vector, _ bHigh: Vector) {
        for r in 0..<rows {
            let value = Vector(repeating: a[r * aRowStride])
            low[r].addProduct(bLow, value)
            high[r].addProduct(bHigh, value)
        }
    }

    @inline(__always)
    func store(_ accumulate: Bool, _ c: UnsafeMutablePointer<Float>, _ cStride: Int) {
        for r in 0..<rows {
            let row = c + r * cStride
            (accumulate ? Vector(at: row) + low[r] : low[r]).store(at: row)
            (accumulate ? Vector(at: row + Vector.scalarCount) + high[r] : high[r]).store(at: row + Vector.scalarCount)
        }
    }
}

/// Sums of `rows` rows and one vector.
private struct NarrowTile<let rows: Int> {
    private var sums = InlineArray<rows, Vector>(repeating: Vector())

    @inline(__always)
    init() {}

    @inline(__always)
    mutating func add(_ a: UnsafePointer<Float>, _ aRowStride: Int, _ b: Vector) {
        for r in 0..<rows { sums[r].addProduct(b, Vector(repeating: a[r * aRowStride])) }
    }

    @inline(__always)
    func store(_ accumulate: Bool, _ c: UnsafeMutablePointer<Float>, _ cStride: Int) {
        for r in 0..<rows {
            let row = c + r * cStride
            (accumulate ? Vector(at: row) + sums[r] : sums[r]).store(at: row)
        }
    }
}
