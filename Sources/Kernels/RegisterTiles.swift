/// The matrix product behind Winograd's convolution: C ← A·B, or C ← C + A·B, in tiles that stay in registers.
///
/// A tile is two vectors wide and as high as the registers allow: 12 rows with AVX-512, 6 with AVX2. What is left of the rows ends in tiles
/// of 6 and of 4, an odd vector of the columns in tiles one vector wide. Of `depth` at most 256 are taken at a time, so that a panel of B
/// stays near while all rows of A pass by. Sums run over `depth` in order, fused, whatever the tile.
///
/// - Parameters:
///   - rows: Rounded up to an even number, at least 4: so many rows of A are read and of C written.
///   - columns: A multiple of `KernelVector.scalarCount`.
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
            let stride = bDepthStride ?? (isWide ? registerTileColumns : KernelVector.scalarCount)
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
let registerTileColumns = 2 * KernelVector.scalarCount

/// The rows that tiles cover: even, and at least 4.
func registerTileRows(_ rows: Int) -> Int { max(4, (rows + 1) / 2 * 2) }

/// The height of the next tile where `left` rows are left, an even number of at least 4: the highest that leaves none or at least 4.
@inline(__always)
private func registerTileHeight(_ left: Int) -> Int {
    if KernelVector.scalarCount == 16 && left >= 12 && left != 14 { return 12 }
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
        multiply(WideTile<KernelVector, 6, 6>.self, a, c)
    }

    @inline(never)
    func sixByTwo(_ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>) { multiply(WideTile<KernelVector, 6, 0>.self, a, c) }

    @inline(never)
    func fourByTwo(_ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>) {
        multiply(WideTile<KernelVector, 4, 0>.self, a, c)
    }

    @inline(never)
    func twelveByOne(_ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>) {
        multiply(NarrowTile<KernelVector, 6, 6>.self, a, c)
    }

    @inline(never)
    func sixByOne(_ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>) {
        multiply(NarrowTile<KernelVector, 6, 0>.self, a, c)
    }

    @inline(never)
    func fourByOne(_ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>) {
        multiply(NarrowTile<KernelVector, 4, 0>.self, a, c)
    }

    @inline(__always)
    private func multiply<Tile: RegisterTile>(_ type: Tile.Type, _ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>) {
        Tile.prefetch(c, stride: cStride)
        var tile = Tile()
        for d in 0..<depth { tile.add(a + d * aDepthStride, stride: aRowStride, b + d * bStride) }
        tile.store(accumulate: accumulate, c, stride: cStride)
    }
}
