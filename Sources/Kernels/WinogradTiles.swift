/// The tiles of a batch of images: each image's outputs in squares of 4×4, the last of a row or column perhaps beyond its edge.
///
/// A plane is [height, width, channels] for each image; what a tile reads outside of its plane is 0, what it would write there is left out.
/// Transformed tiles lie as [36, tiles, rowStride]: for each of the 36 products a matrix of a row to a tile, its channels in order.
struct WinogradTiles: Sendable {
    let rows: Int, columns: Int

    init(outputHeight: Int, outputWidth: Int) {
        rows = (outputHeight + Winograd.outputs - 1) / Winograd.outputs
        columns = (outputWidth + Winograd.outputs - 1) / Winograd.outputs
    }

    var perImage: Int { rows * columns }

    /// Transforms the squares of n×n pixels, n the matrix's columns, that begin `top` rows above and `left` columns left of the tile's
    /// first output.
    @inline(__always)
    func gather<Matrix: WinogradMatrix>(
        _ tiles: Range<Int>, of plane: WinogradPlane, _ pixels: UnsafePointer<Float>, top: Int, left: Int,
        by matrix: Matrix.Type, middle: UnsafeMutablePointer<Float>,
        into matrices: TransformedTiles
    ) {
        for tile in tiles {
            let (image, y, x) = place(tile)
            let (firstRow, firstColumn) = (y - top, x - left)
            // What of the square lies inside of the plane.
            let rows = max(0, -firstRow)..<max(0, min(Matrix.columns, plane.height - firstRow))
            let columns = max(0, -firstColumn)..<max(0, min(Matrix.columns, plane.width - firstColumn))
            let source = pixels + ((image * plane.height + firstRow) * plane.width + firstColumn) * plane.channels
            let target = matrices.base + (tile - tiles.lowerBound) * matrices.rowStride
            for channel in stride(from: 0, to: plane.channels, by: 8) {
                Winograd.transform(by: matrix, middle: middle) { i, j in
                    rows.contains(i) && columns.contains(j)
                        ? load8(source + (i * plane.width + j) * plane.channels + channel) : Winograd.Lane()
                } store: { i, j, value in
                    store8(value, at: target + (i * Winograd.inputs + j) * matrices.matrixStride + channel)
                }
            }
        }
    }

    /// Transforms products back to outputs, and adds `bias` where there is one.
    @inline(__always)
    func scatter(
        _ tiles: Range<Int>, from matrices: TransformedTiles, bias: UnsafePointer<Float>?, middle: UnsafeMutablePointer<Float>,
        to plane: WinogradPlane, _ pixels: UnsafeMutablePointer<Float>
    ) {
        for tile in tiles {
            let (image, y, x) = place(tile)
            let (rows, columns) = (min(Winograd.outputs, plane.height - y), min(Winograd.outputs, plane.width - x))
            let target = pixels + ((image * plane.height + y) * plane.width + x) * plane.channels
            let source = matrices.base + (tile - tiles.lowerBound) * matrices.rowStride
            for channel in stride(from: 0, to: plane.channels, by: 8) {
                let shift = bias.map { load8($0 + channel) } ?? Winograd.Lane()
                Winograd.transform(by: Winograd.Output.self, middle: middle) { i, j in
                    load8(source + (i * Winograd.inputs + j) * matrices.matrixStride + channel)
                } store: { i, j, value in
                    guard i < rows && j < columns else { return }
                    store8(value + shift, at: target + (i * plane.width + j) * plane.channels + channel)
                }
            }
        }
    }

    /// The image that a tile belongs to, and its first output's row and column.
    @inline(__always)
    private func place(_ tile: Int) -> (image: Int, y: Int, x: Int) {
        let (image, index) = tile.quotientAndRemainder(dividingBy: perImage)
        let (row, column) = index.quotientAndRemainder(dividingBy: columns)
        return (image, row * Winograd.outputs, column * Winograd.outputs)
    }
}

/// The size of one image.
struct WinogradPlane: Sendable {
    let height: Int, width: Int, channels: Int
}

/// 36 matrices of `rows` rows in scratch memory: their rows, and they themselves, are an odd number of cache lines apart, so that the
/// same channel of all of them, or of all rows, does not fall into a few sets of the cache.
struct TransformedTiles {
    let base: UnsafeMutablePointer<Float>
    let rowStride: Int
    let matrixStride: Int

    init(_ base: UnsafeMutablePointer<Float>, rows: Int, channels: Int) {
        self.base = base
        rowStride = Self.rowStride(channels: channels)
        matrixStride = Self.matrixStride(rows: rows, channels: channels)
    }

    static func count(rows: Int, channels: Int) -> Int { Winograd.products * matrixStride(rows: rows, channels: channels) }

    private static func rowStride(channels: Int) -> Int { oddLines(channels) }

    private static func matrixStride(rows: Int, channels: Int) -> Int {
        oddLines(registerTileRows(rows) * rowStride(channels: channels))
    }

    /// `count` floats rounded up to an odd number of cache lines of 16 floats.
    private static func oddLines(_ count: Int) -> Int { ((count + 15) / 16 | 1) * 16 }
}
