/// A matrix product whose left side is never built: row i of the column matrix is read where it lies, as runs of contiguous floats that
/// begin at fixed distances from the row's own place.
///
///     Y[i, k] = bias[k] + Σ_{run, t} X[rows[i] + runs[run] + t] · W[run, t, k]
///
/// This is the third depth of im2col: a convolution's rows are pixels, its runs the taps of one kernel row. Columns are worked on in
/// panels: sixteen for six rows at a time, or eight for twelve, which is what the sixteen registers of AVX2 hold.
struct IndirectProduct: Sendable {
    /// Where each row begins in X and where it goes in Y, both in floats. A multiple of `rowTile` long: the last row may be repeated.
    struct Rows: Sendable {
        let inputs: [Int32]
        let outputs: [Int32]

        /// - Parameter places: at least one.
        init(_ places: [(input: Int, output: Int)]) {
            let whole = (places.count + IndirectProduct.rowTile - 1) / IndirectProduct.rowTile * IndirectProduct.rowTile
            let padded = places + Array(repeating: places[places.count - 1], count: whole - places.count)
            inputs = padded.map { Int32($0.input) }
            outputs = padded.map { Int32($0.output) }
        }

        var count: Int { inputs.count }
    }

    /// Rows that the tables must be a multiple of: that of the eight-column panel.
    static let rowTile = 12

    let runs: [Int32]
    let runLength: Int
    let columns: Int

    /// Terms of each sum.
    var depth: Int { runs.count * runLength }

    /// Columns of the panel that begins at `column`: 16 while more than 8 are left.
    static func panelWidth(at column: Int, of columns: Int) -> Int { columns - column > 8 ? 16 : 8 }

    /// Floats of the packed right side: a panel after the other, each [depth, 16] or [depth, 8].
    var packedCount: Int { depth * ((columns - 1) / 16 * 16 + Self.panelWidth(at: (columns - 1) / 16 * 16, of: columns)) }

    /// Packs W, whose float for (run, t, k) is `weight(run, t, k)`; lanes behind the last column are 0.
    @inline(__always)
    func pack(into packed: UnsafeMutablePointer<Float>, _ weight: (_ run: Int, _ t: Int, _ k: Int) -> Float) {
        var target = packed
        for column in stride(from: 0, to: columns, by: 16) {
            let panel = Self.panelWidth(at: column, of: columns)
            for run in runs.indices {
                for t in 0..<runLength {
                    for lane in 0..<panel { target[lane] = column + lane < columns ? weight(run, t, column + lane) : 0 }
                    target += panel
                }
            }
        }
    }

    /// Computes Y, whose rows are dense in `columns` floats.
    func multiply(
        _ rows: Rows, input: UnsafePointer<Float>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Float>
    ) {
        rows.inputs.withUnsafeBufferPointer { inputs in
            rows.outputs.withUnsafeBufferPointer { outputs in
                runs.withUnsafeBufferPointer { runs in
                    guard let inputs = inputs.baseAddress, let outputs = outputs.baseAddress, let runs = runs.baseAddress else {
                        return
                    }
                    // Panels inside, so that a tile's rows are read from memory once, as long as all panels stay in the second cache.
                    let isSmall = packedCount <= 48 * 1024
                    let block = isSmall ? Self.rowTile : rows.count
                    for first in stride(from: 0, to: rows.count, by: block) {
                        for column in stride(from: 0, to: columns, by: 16) {
                            let panel = Panel(
                                runs: runs, runCount: self.runs.count, runLength: runLength, input: input,
                                weights: packed + column * depth, bias: bias.map { $0 + column }, width: min(16, columns - column),
                                output: output + column)
                            panel.compute(first..<first + block, inputs, outputs)
                        }
                    }
                }
            }
        }
    }
}

/// Up to sixteen columns of an indirect product.
private struct Panel {
    let runs: UnsafePointer<Int32>
    let runCount: Int
    let runLength: Int
    let input: UnsafePointer<Float>
    let weights: UnsafePointer<Float>
    let bias: UnsafePointer<Float>?
    let width: Int
    let output: UnsafeMutablePointer<Float>

    /// Computes a multiple of `rowTile` rows.
    ///
    /// A register tile is stored whole, straight to the output or, where the panel has fewer columns than the tile, by way of the stack.
    @inline(__always)
    func compute(_ rows: Range<Int>, _ inputs: UnsafePointer<Int32>, _ outputs: UnsafePointer<Int32>) {
        let lanes = width > 8 ? 16 : 8
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 16 + 96) { memory in
            guard let start = memory.baseAddress else { return }
            for lane in 0..<16 { start[lane] = lane < width ? bias?[lane] ?? 0 : 0 }
            let tile = start + 16
            let height = 96 / lanes
            for row in stride(from: rows.lowerBound, to: rows.upperBound, by: height) {
                if width == 16 {
                    sixBySixteen(inputs + row, start, output, outputs + row)
                } else if width == 8 {
                    twelveByEight(inputs + row, start, output, outputs + row)
                } else {
                    if lanes == 16 {
                        sixBySixteen(inputs + row, start, tile, nil)
                    } else {
                        twelveByEight(inputs + row, start, tile, nil)
                    }
                    for i in 0..<height {
                        let y = output + Int(outputs[row + i])
                        for k in 0..<width { y[k] = tile[i * lanes + k] }
                    }
                }
            }
        }
    }

    /// - Parameter places: where each row goes; nil for one behind the other.
    @inline(never)
    private func sixBySixteen(
        _ inputs: UnsafePointer<Int32>, _ start: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
        _ places: UnsafePointer<Int32>?
    ) {
        var low = InlineArray<6, SIMD8<Float>>(repeating: load8(start))
        var high = InlineArray<6, SIMD8<Float>>(repeating: load8(start + 8))
        let rows = InlineArray<6, UnsafePointer<Float>> { input + Int(inputs[$0]) }
        var w = weights
        for run in 0..<runCount {
            let offset = Int(runs[run])
            for t in offset..<offset + runLength {
                let (first, second) = (load8(w), load8(w + 8))
                for i in 0..<6 {
                    let x = SIMD8(repeating: rows[i][t])
                    low[i].addProduct(x, first)
                    high[i].addProduct(x, second)
                }
                w += 16
            }
        }
        for i in 0..<6 {
            let y = target + (places.map { Int($0[i]) } ?? i * 16)
            store8(low[i], at: y)
            store8(high[i], at: y + 8)
        }
    }

    @inline(never)
    private func twelveByEight(
        _ inputs: UnsafePointer<Int32>, _ start: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
        _ places: UnsafePointer<Int32>?
    ) {
        var first = InlineArray<6, SIMD8<Float>>(repeating: load8(start))
        var second = InlineArray<6, SIMD8<Float>>(repeating: load8(start))
        let firstRows = InlineArray<6, UnsafePointer<Float>> { input + Int(inputs[$0]) }
        let secondRows = InlineArray<6, UnsafePointer<Float>> { input + Int(inputs[$0 + 6]) }
        var w = weights
        for run in 0..<runCount {
            let offset = Int(runs[run])
            for t in offset..<offset + runLength {
                let weights = load8(w)
                for i in 0..<6 {
                    first[i].addProduct(SIMD8(repeating: firstRows[i][t]), weights)
                    second[i].addProduct(SIMD8(repeating: secondRows[i][t]), weights)
                }
                w += 8
            }
        }
        for i in 0..<6 {
            store8(first[i], at: target + (places.map { Int($0[i]) } ?? i * 8))
            store8(second[i], at: target + (places.map { Int($0[i + 6]) } ?? (i + 6) * 8))
        }
    }
}
