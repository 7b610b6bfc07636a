/// The transposed product of the same column matrix that is never built: for every run, a sum of outer products over rows.
///
///     dW[run, t, k] ← dW[run, t, k] + Σ_i X[rows[i] + runs[run] + t] · dY[i, k]
///
/// A tile stays in registers while the rows run by: some t for two vectors of k or, of what is left, one; where there are eight k or fewer,
/// six k for sixteen t.
struct IndirectOuterProduct: Sendable {
    /// Where each row begins in X, in floats.
    let rows: [Int32]
    let runs: [Int32]
    let runLength: Int
    let columns: Int
    /// Rows that a tile takes at a time, so that what they read stays in the first two caches for all tiles.
    let rowsPerBlock: Int

    /// Floats of memory that a call works in: one tile.
    static let workCount = 12 * 2 * KernelVector.scalarCount
    /// Floats that can be read from every place of a run where `readsBehind`.
    static let reach = 16

    private var isNarrow: Bool { columns <= 8 }

    /// The t of a tile: what AVX2's registers hold, or that of two heights for AVX-512's that leaves less of the last tile unused.
    private var height: Int {
        guard KernelVector.scalarCount == 16 && runLength > 6 else { return 6 }
        return (runLength + 8) / 9 * 9 < (runLength + 11) / 12 * 12 ? 9 : 12
    }

    /// Whether values behind the end of a run are read, and not used.
    var readsBehind: Bool { isNarrow || runLength < height }

    /// Columns filled up to whole tiles: so many floats of each row of the gradient are read.
    var gradientStride: Int { isNarrow ? (columns + 5) / 6 * 6 : KernelVector.rounded(columns) }

    /// - Parameters:
    ///   - input: where `readsBehind`, `reach` floats can be read from every place of a run.
    ///   - gradient: [rows, gradientStride], its rows `stride` floats apart.
    ///   - weights: [runs, runLength, columns].
    ///   - rowCount: the first so many of the rows.
    ///   - work: `workCount` floats.
    ///   - meanwhile: called behind each run, and between the panels of long ones.
    func add(
        rowCount: Int, input: UnsafePointer<Float>, gradient: UnsafePointer<Float>, stride gradientStride: Int,
        to weights: UnsafeMutablePointer<Float>, work: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        rows.withUnsafeBufferPointer { rows in
            guard let rows = rows.baseAddress else { return }
            for first in stride(from: 0, to: rowCount, by: rowsPerBlock) {
                let block = Block(
                    rows: rows + first, count: min(rowsPerBlock, rowCount - first), gradient: gradient + first * gradientStride,
                    stride: gradientStride)
                for (run, offset) in runs.enumerated() {
                    let target = weights + run * runLength * columns
                    if isNarrow {
                        addNarrow(block, input: input + Int(offset), work, to: target)
                    } else {
                        addWide(block, input: input + Int(offset), work, to: target, meanwhile)
                    }
                    meanwhile()
                }
            }
        }
    }

    /// Some t by one or two vectors of k. The last tile overlaps the one before it, and adds only what that left.
    @inline(__always)
    private func addWide(
        _ block: Block, input: UnsafePointer<Float>, _ tile: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>,
        _ meanwhile: () -> Void
    ) {
        let isLong = block.count * runLength > 1 << 15
        for column in stride(from: 0, to: columns, by: 2 * KernelVector.scalarCount) {
            let isDouble = columns - column > KernelVector.scalarCount
            let width = isDouble ? 2 * KernelVector.scalarCount : KernelVector.scalarCount
            var added = 0
            while added < runLength {
                let t = max(0, min(added, runLength - height))
                let end = min(t + height, runLength)
                if t == added && end == t + height && column + width <= columns {
                    block.compute(
                        height: height, isDouble: isDouble, input + t, column: column,
                        Target(base: target + t * columns + column, stride: columns, accumulates: true))
                } else {
                    block.compute(
                        height: height, isDouble: isDouble, input + t, column: column,
                        Target(base: tile, stride: width, accumulates: false))
                    for row in added..<end {
                        addRun(tile + (row - t) * width, to: target + row * columns + column, count: min(width, columns - column))
                    }
                }
                added = end
            }
            if isLong { meanwhile() }
        }
    }

    /// Six k by sixteen t.
    @inline(__always)
    private func addNarrow(
        _ block: Block, input: UnsafePointer<Float>, _ tile: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>
    ) {
        for column in stride(from: 0, to: columns, by: 6) {
            for t in stride(from: 0, to: runLength, by: 16) {
                block.transposedSixBySixteen(input + t, column: column, Target(base: tile, stride: 16, accumulates: false))
                for k in 0..<min(6, columns - column) {
                    for lane in 0..<min(16, runLength - t) {
                        target[(t + lane) * columns + column + k] += tile[k * 16 + lane]
                    }
                }
            }
        }
    }
}

/// Some rows of the column matrix and of dY, and the register tiles over them, each height and width a function of its own.
private struct Block {
    let rows: UnsafePointer<Int32>
    let count: Int
    let gradient: UnsafePointer<Float>
    let stride: Int

    /// Σ X[rows[i] + t] · dY[i, column + k], for t < height and one or two vectors of k.
    @inline(__always)
    func compute(height: Int, isDouble: Bool, _ input: UnsafePointer<Float>, column: Int, _ target: Target) {
        let gradient = gradient + column
        switch (height, isDouble) {
        case (12, true): twelveByTwo(input, gradient, target)
        case (12, false): twelveByOne(input, gradient, target)
        case (9, true): nineByTwo(input, gradient, target)
        case (9, false): nineByOne(input, gradient, target)
        case (_, true): sixByTwo(input, gradient, target)
        case (_, false): sixByOne(input, gradient, target)
        }
    }

    @inline(never)
    private func twelveByTwo(_ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ target: Target) {
        sum(WideTile<KernelVector, 6, 6>.self, input, gradient, target)
    }

    @inline(never)
    private func twelveByOne(_ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ target: Target) {
        sum(NarrowTile<KernelVector, 6, 6>.self, input, gradient, target)
    }

    @inline(never)
    private func nineByTwo(_ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ target: Target) {
        sum(WideTile<KernelVector, 6, 3>.self, input, gradient, target)
    }

    @inline(never)
    private func nineByOne(_ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ target: Target) {
        sum(NarrowTile<KernelVector, 6, 3>.self, input, gradient, target)
    }

    @inline(never)
    private func sixByTwo(_ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ target: Target) {
        sum(WideTile<KernelVector, 6, 0>.self, input, gradient, target)
    }

    @inline(never)
    private func sixByOne(_ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ target: Target) {
        sum(NarrowTile<KernelVector, 6, 0>.self, input, gradient, target)
    }

    /// Σ dY[i, column + k] · X[rows[i] + t], for k < 6 and t < 16: as two vectors of eight, which seldom lie across the end of a cache line.
    @inline(never)
    func transposedSixBySixteen(_ input: UnsafePointer<Float>, column: Int, _ target: Target) {
        var tile = WideTile<SIMD8<Float>, 6, 0>()
        for i in 0..<count { tile.add(gradient + i * stride + column, stride: 1, input + Int(rows[i])) }
        tile.store(accumulate: target.accumulates, target.base, stride: target.stride)
    }

    /// The gradient is read where it lies, perhaps in memory: the rows of the next block are asked for meanwhile.
    @inline(__always)
    private func sum<Tile: RegisterTile>(
        _ type: Tile.Type, _ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ target: Target
    ) {
        Tile.prefetch(target.base, stride: target.stride)
        var tile = Tile()
        for i in 0..<count {
            for vector in 0..<Tile.vectors {
                prefetchForReading(gradient + (i + count) * stride + vector * KernelVector.scalarCount)
            }
            tile.add(input + Int(rows[i]), stride: 1, gradient + i * stride)
        }
        tile.store(accumulate: target.accumulates, target.base, stride: target.stride)
    }
}

/// Where a tile's sums go: in the place of what is there, or added to it.
private struct Target {
    let base: UnsafeMutablePointer<Float>
    let stride: Int
    let accumulates: Bool
}
