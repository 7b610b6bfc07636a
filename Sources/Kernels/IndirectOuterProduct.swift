/// The transposed product of the same column matrix that is never built: for every run, a sum of outer products over rows.
///
///     dW[run, t, k] ← dW[run, t, k] + Σ_i X[rows[i] + runs[run] + t] · dY[i, k]
///
/// Six t at a time for sixteen k, or twelve for eight: the tile stays in registers while the rows run by.
struct IndirectOuterProduct: Sendable {
    /// Where each row begins in X, in floats.
    let rows: [Int32]
    let runs: [Int32]
    let runLength: Int
    let columns: Int
    /// Rows that a tile takes at a time, so that what they read stays in the first cache for all tiles.
    let rowsPerBlock: Int

    /// - Parameters:
    ///   - gradient: [rows, columns], its rows `stride` floats apart; eight floats can be read from the first one of any panel.
    ///   - weights: [runs, runLength, columns].
    ///   - rowCount: the first so many of the rows.
    func add(
        rowCount: Int, input: UnsafePointer<Float>, gradient: UnsafePointer<Float>, stride gradientStride: Int,
        to weights: UnsafeMutablePointer<Float>
    ) {
        rows.withUnsafeBufferPointer { rows in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: 96) { tile in
                guard let rows = rows.baseAddress, let tile = tile.baseAddress else { return }
                for first in stride(from: 0, to: rowCount, by: rowsPerBlock) {
                    let block = Block(
                        rows: rows + first, count: min(rowsPerBlock, rowCount - first), input: input,
                        gradient: gradient + first * gradientStride, stride: gradientStride)
                    for column in stride(from: 0, to: columns, by: 16) {
                        for (run, offset) in runs.enumerated() {
                            let target = weights + run * runLength * columns + column
                            addProducts(of: block, offset: Int(offset), column: column, tile: tile, to: target)
                        }
                    }
                }
            }
        }
    }

    /// Adds one run's products with one panel of columns, a tile at a time. The last tile overlaps the one before it, and adds only what
    /// that left.
    @inline(__always)
    private func addProducts(
        of block: Block, offset: Int, column: Int, tile: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>
    ) {
        let width = min(16, columns - column)
        let lanes = width > 8 ? 16 : 8
        let height = 96 / lanes
        var added = 0
        while added < runLength {
            let t = max(0, min(added, runLength - height))
            if lanes == 16 {
                block.sixBySixteen(offset: offset + t, column: column, into: tile)
            } else {
                block.twelveByEight(offset: offset + t, column: column, into: tile)
            }
            let end = min(t + height, runLength)
            addTile(tile + (added - t) * lanes, stride: lanes, rows: end - added, width: width, to: target + added * columns)
            added = end
        }
    }

    @inline(never)
    private func addTile(
        _ tile: UnsafePointer<Float>, stride: Int, rows: Int, width: Int, to target: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<rows { addRun(tile + row * stride, to: target + row * columns, count: width) }
    }
}

/// Some rows of the column matrix and of dY, and the register tiles over them. A tile is stored whole, one row behind the other.
private struct Block {
    let rows: UnsafePointer<Int32>
    let count: Int
    let input: UnsafePointer<Float>
    let gradient: UnsafePointer<Float>
    let stride: Int

    @inline(never)
    func sixBySixteen(offset: Int, column: Int, into tile: UnsafeMutablePointer<Float>) {
        var low = InlineArray<6, SIMD8<Float>>(repeating: SIMD8())
        var high = InlineArray<6, SIMD8<Float>>(repeating: SIMD8())
        let base = input + offset
        var dy = gradient + column
        for i in 0..<count {
            let x = base + Int(rows[i])
            let (first, second) = (load8(dy), load8(dy + 8))
            for t in 0..<6 {
                let value = SIMD8(repeating: x[t])
                low[t].addProduct(value, first)
                high[t].addProduct(value, second)
            }
            dy += stride
        }
        for t in 0..<6 {
            store8(low[t], at: tile + t * 16)
            store8(high[t], at: tile + t * 16 + 8)
        }
    }

    @inline(never)
    func twelveByEight(offset: Int, column: Int, into tile: UnsafeMutablePointer<Float>) {
        var first = InlineArray<6, SIMD8<Float>>(repeating: SIMD8())
        var second = InlineArray<6, SIMD8<Float>>(repeating: SIMD8())
        let base = input + offset
        var dy = gradient + column
        for i in 0..<count {
            let x = base + Int(rows[i])
            let values = load8(dy)
            for t in 0..<6 {
                first[t].addProduct(SIMD8(repeating: x[t]), values)
                second[t].addProduct(SIMD8(repeating: x[t + 6]), values)
            }
            dy += stride
        }
        for t in 0..<6 {
            store8(first[t], at: tile + t * 8)
            store8(second[t], at: tile + (t + 6) * 8)
        }
    }
}
