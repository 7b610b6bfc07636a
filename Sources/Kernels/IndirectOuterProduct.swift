/// The transposed product of the same column matrix that is never built: for every run, a sum of outer products over rows.
///
///     dW[run, t, k] ← dW[run, t, k] + Σ_i X[rows[i] + runs[run] + t] · dY[i, k]
///
/// A tile of six by sixteen stays in registers while the rows run by: six t for sixteen k, or, where there are eight k or fewer, six k for
/// sixteen t.
struct IndirectOuterProduct: Sendable {
    /// Where each row begins in X, in floats.
    let rows: [Int32]
    let runs: [Int32]
    let runLength: Int
    let columns: Int
    /// Rows that a tile takes at a time, so that what they read stays in the first cache for all tiles.
    let rowsPerBlock: Int

    /// Whether values behind the end of a run are read, and not used.
    var readsBehind: Bool { columns <= 8 || runLength < Tile.height }

    /// Columns filled up to whole tiles: so many floats of each row of the gradient are read.
    var gradientStride: Int {
        let tile = columns > 8 ? Tile.width : Tile.height
        return (columns + tile - 1) / tile * tile
    }

    /// - Parameters:
    ///   - input: where `readsBehind`, sixteen floats can be read from every place of a run.
    ///   - gradient: [rows, gradientStride], its rows `stride` floats apart.
    ///   - weights: [runs, runLength, columns].
    ///   - rowCount: the first so many of the rows.
    func add(
        rowCount: Int, input: UnsafePointer<Float>, gradient: UnsafePointer<Float>, stride gradientStride: Int,
        to weights: UnsafeMutablePointer<Float>
    ) {
        rows.withUnsafeBufferPointer { rows in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: Tile.height * Tile.width) { memory in
                guard let rows = rows.baseAddress, let memory = memory.baseAddress else { return }
                for first in stride(from: 0, to: rowCount, by: rowsPerBlock) {
                    let block = Block(
                        rows: rows + first, count: min(rowsPerBlock, rowCount - first), gradient: gradient + first * gradientStride,
                        stride: gradientStride)
                    for (run, offset) in runs.enumerated() {
                        let target = weights + run * runLength * columns
                        if columns > 8 {
                            addWide(block, input: input + Int(offset), memory, to: target)
                        } else {
                            addNarrow(block, input: input + Int(offset), memory, to: target)
                        }
                    }
                }
            }
        }
    }

    /// Six t by sixteen k. The last tile overlaps the one before it, and adds only what that left.
    @inline(__always)
    private func addWide(
        _ block: Block, input: UnsafePointer<Float>, _ tile: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>
    ) {
        for column in stride(from: 0, to: columns, by: Tile.width) {
            var added = 0
            while added < runLength {
                let t = max(0, min(added, runLength - Tile.height))
                block.computeWide(input + t, column: column, into: tile)
                let end = min(t + Tile.height, runLength)
                for row in added..<end {
                    addRun(
                        tile + (row - t) * Tile.width, to: target + row * columns + column,
                        count: min(Tile.width, columns - column))
                }
                added = end
            }
        }
    }

    /// Six k by sixteen t.
    @inline(__always)
    private func addNarrow(
        _ block: Block, input: UnsafePointer<Float>, _ tile: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>
    ) {
        for column in stride(from: 0, to: columns, by: Tile.height) {
            for t in stride(from: 0, to: runLength, by: Tile.width) {
                block.computeNarrow(input + t, column: column, into: tile)
                for k in 0..<min(Tile.height, columns - column) {
                    for lane in 0..<min(Tile.width, runLength - t) {
                        target[(t + lane) * columns + column + k] += tile[k * Tile.width + lane]
                    }
                }
            }
        }
    }

    private enum Tile {
        static let height = 6
        static let width = 16
    }
}

/// Some rows of the column matrix and of dY, and the register tiles over them. A tile is stored whole, one row behind the other.
private struct Block {
    let rows: UnsafePointer<Int32>
    let count: Int
    let gradient: UnsafePointer<Float>
    let stride: Int

    /// Σ X[rows[i] + t] · dY[i, column + k], for t < 6 and k < 16.
    @inline(never)
    func computeWide(_ input: UnsafePointer<Float>, column: Int, into tile: UnsafeMutablePointer<Float>) {
        compute(into: tile) { i in (input + Int(rows[i]), gradient + i * stride + column) }
    }

    /// Σ dY[i, column + k] · X[rows[i] + t], for k < 6 and t < 16.
    @inline(never)
    func computeNarrow(_ input: UnsafePointer<Float>, column: Int, into tile: UnsafeMutablePointer<Float>) {
        compute(into: tile) { i in (gradient + i * stride + column, input + Int(rows[i])) }
    }

    /// The sum over the rows of six values times sixteen.
    @inline(__always)
    private func compute(
        into tile: UnsafeMutablePointer<Float>,
        of row: (_ i: Int) -> (six: UnsafePointer<Float>, sixteen: UnsafePointer<Float>)
    ) {
        var low = InlineArray<6, SIMD8<Float>>(repeating: SIMD8())
        var high = InlineArray<6, SIMD8<Float>>(repeating: SIMD8())
        for i in 0..<count {
            let (six, sixteen) = row(i)
            let (first, second) = (load8(sixteen), load8(sixteen + 8))
            for t in 0..<6 {
                let value = SIMD8(repeating: six[t])
                low[t].addProduct(value, first)
                high[t].addProduct(value, second)
            }
        }
        for t in 0..<6 {
            store8(low[t], at: tile + t * 16)
            store8(high[t], at: tile + t * 16 + 8)
        }
    }
}
