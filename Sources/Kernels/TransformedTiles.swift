/// Matrices, one for each product of a tile, of `rows` rows in scratch memory: their rows, and they themselves, are an odd number of cache
/// lines apart, so that the same channel of all of them, or of all rows, does not fall into a few sets of the cache.
struct TransformedTiles {
    let base: UnsafeMutablePointer<Float>
    let rowStride: Int
    let matrixStride: Int
    /// The first float behind them all.
    let end: UnsafeMutablePointer<Float>

    init(_ base: UnsafeMutablePointer<Float>, _ products: Int, rows: Int, channels: Int) {
        self.base = base
        rowStride = Self.rowStride(channels: channels)
        matrixStride = Self.matrixStride(rows: rows, channels: channels)
        end = base + products * matrixStride
    }

    static func count(_ products: Int, rows: Int, channels: Int) -> Int { products * matrixStride(rows: rows, channels: channels) }

    private static func rowStride(channels: Int) -> Int { oddLines(channels) }

    private static func matrixStride(rows: Int, channels: Int) -> Int {
        oddLines(registerTileRows(rows) * rowStride(channels: channels))
    }

    /// `count` floats rounded up to an odd number of cache lines of 16 floats.
    private static func oddLines(_ count: Int) -> Int { ((count + 15) / 16 | 1) * 16 }
}
