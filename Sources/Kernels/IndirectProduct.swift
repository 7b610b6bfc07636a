/// A matrix product whose left side is never built: row i of the column matrix is read where it lies, as runs of contiguous floats that
/// begin at fixed distances from the row's own place.
///
///     Y[i, k] = bias[k] + Σ_{run, t} X[rows[i] + runs[run] + t] · W[run, t, k]
///
/// This is the third depth of im2col: a convolution's rows are pixels, its runs the taps of one kernel row. Columns are worked on in
/// panels of two vectors, for 12 rows at a time with the 32 registers of AVX-512 and for 6 with AVX2's 16; what is left of them in panels
/// of one vector, or of eight columns, for 12 rows.
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

    /// Rows that the tables must be a multiple of.
    static let rowTile = 12

    let runs: [Int32]
    let runLength: Int
    let columns: Int

    /// Terms of each sum.
    var depth: Int { runs.count * runLength }

    /// Columns of a whole panel.
    static let wholePanel = 2 * KernelVector.scalarCount

    /// Columns of the panel that begins at `column`: a whole one, one vector, or eight, the fewest that hold what is left.
    static func panelWidth(at column: Int, of columns: Int) -> Int {
        let left = columns - column
        return left > KernelVector.scalarCount ? wholePanel : left > 8 ? KernelVector.scalarCount : 8
    }

    /// Floats of the packed right side: a panel after the other, each [depth, its columns].
    var packedCount: Int {
        let last = (columns - 1) / Self.wholePanel * Self.wholePanel
        return depth * (last + Self.panelWidth(at: last, of: columns))
    }

    /// Packs W, whose float for (run, t, k) is `weight(run, t, k)`; lanes behind the last column are 0.
    @inline(__always)
    func pack(into packed: UnsafeMutablePointer<Float>, _ weight: (_ run: Int, _ t: Int, _ k: Int) -> Float) {
        var target = packed
        for column in stride(from: 0, to: columns, by: Self.wholePanel) {
            let panel = Self.panelWidth(at: column, of: columns)
            for run in runs.indices {
                for t in 0..<runLength {
                    for lane in 0..<panel { target[lane] = column + lane < columns ? weight(run, t, column + lane) : 0 }
                    target += panel
                }
            }
        }
    }

    /// Floats of memory that a call works in: what a row begins with, and one tile.
    static let workCount = 13 * wholePanel

    /// Computes Y, whose rows are dense in `columns` floats.
    /// - Parameter meanwhile: called between panels that all rows go through.
    func multiply(
        _ rows: Rows, input: UnsafePointer<Float>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Float>, work: UnsafeMutablePointer<Float>, meanwhile: () -> Void
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
                        for column in stride(from: 0, to: columns, by: Self.wholePanel) {
                            let panel = Panel(
                                runs: runs, runCount: self.runs.count, runLength: runLength, input: input,
                                weights: packed + column * depth, bias: bias.map { $0 + column },
                                width: min(Self.wholePanel, columns - column),
                                lanes: Self.panelWidth(at: column, of: columns), output: output + column)
                            panel.compute(first..<first + block, inputs, outputs, work)
                            if !isSmall { meanwhile() }
                        }
                    }
                }
            }
        }
    }
}

/// One panel of columns of an indirect product.
private struct Panel {
    let runs: UnsafePointer<Int32>
    let runCount: Int
    let runLength: Int
    let input: UnsafePointer<Float>
    let weights: UnsafePointer<Float>
    let bias: UnsafePointer<Float>?
    /// Columns, and how many there are room for.
    let width: Int, lanes: Int
    let output: UnsafeMutablePointer<Float>

    /// Rows of the tile of two vectors.
    private static let wideHeight = KernelVector.scalarCount == 16 ? 12 : 6

    /// Computes a multiple of `rowTile` rows.
    ///
    /// A register tile is stored whole, straight to the output or, where the panel has fewer columns than the tile, by way of `work`.
    @inline(__always)
    func compute(
        _ rows: Range<Int>, _ inputs: UnsafePointer<Int32>, _ outputs: UnsafePointer<Int32>, _ start: UnsafeMutablePointer<Float>
    ) {
        let height = lanes > KernelVector.scalarCount ? Self.wideHeight : 12
        for lane in 0..<lanes { start[lane] = lane < width ? bias?[lane] ?? 0 : 0 }
        let tile = start + lanes
        for row in stride(from: rows.lowerBound, to: rows.upperBound, by: height) {
            if width == lanes {
                computeTile(inputs + row, start, output, outputs + row)
            } else {
                computeTile(inputs + row, start, tile, nil)
                for i in 0..<height {
                    let y = output + Int(outputs[row + i])
                    for k in 0..<width { y[k] = tile[i * lanes + k] }
                }
            }
        }
    }

    /// - Parameters:
    ///   - start: what each row begins with.
    ///   - places: where each row goes; nil for one behind the other.
    @inline(__always)
    private func computeTile(
        _ inputs: UnsafePointer<Int32>, _ start: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
        _ places: UnsafePointer<Int32>?
    ) {
        if lanes > KernelVector.scalarCount {
            if Self.wideHeight == 12 {
                twelveByTwo(inputs, start, target, places)
            } else {
                sixByTwo(inputs, start, target, places)
            }
        } else if lanes > 8 {
            twelveByOne(inputs, start, target, places)
        } else {
            twelveByEight(inputs, start, target, places)
        }
    }

    /// Outputs come from memory while their products are summed.
    @inline(__always)
    private func prefetch(_ target: UnsafeMutablePointer<Float>, _ places: UnsafePointer<Int32>?, rows: Int, vectors: Int) {
        guard let places else { return }
        for i in 0..<rows {
            for vector in 0..<vectors { prefetchForWriting(target + Int(places[i]) + vector * KernelVector.scalarCount) }
        }
    }

    @inline(never)
    private func twelveByTwo(
        _ inputs: UnsafePointer<Int32>, _ start: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
        _ places: UnsafePointer<Int32>?
    ) {
        prefetch(target, places, rows: 12, vectors: 2)
        var upper = WideRows(input, inputs, start)
        var lower = WideRows(input, inputs + 6, start)
        var w = weights
        for run in 0..<runCount {
            let offset = Int(runs[run])
            for t in offset..<offset + runLength {
                let (low, high) = (KernelVector(at: w), KernelVector(at: w + KernelVector.scalarCount))
                upper.add(t, low, high)
                lower.add(t, low, high)
                w += 2 * KernelVector.scalarCount
            }
        }
        upper.store(target, places, first: 0)
        lower.store(target, places, first: 6)
    }

    @inline(never)
    private func sixByTwo(
        _ inputs: UnsafePointer<Int32>, _ start: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
        _ places: UnsafePointer<Int32>?
    ) {
        prefetch(target, places, rows: 6, vectors: 2)
        var rows = WideRows(input, inputs, start)
        var w = weights
        for run in 0..<runCount {
            let offset = Int(runs[run])
            for t in offset..<offset + runLength {
                rows.add(t, KernelVector(at: w), KernelVector(at: w + KernelVector.scalarCount))
                w += 2 * KernelVector.scalarCount
            }
        }
        rows.store(target, places, first: 0)
    }

    @inline(never)
    private func twelveByOne(
        _ inputs: UnsafePointer<Int32>, _ start: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
        _ places: UnsafePointer<Int32>?
    ) {
        computeNarrow(KernelVector.self, inputs, start, target, places)
    }

    @inline(never)
    private func twelveByEight(
        _ inputs: UnsafePointer<Int32>, _ start: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
        _ places: UnsafePointer<Int32>?
    ) {
        computeNarrow(SIMD8.self, inputs, start, target, places)
    }

    /// Twelve rows of one vector.
    @inline(__always)
    private func computeNarrow<Lanes: SIMD<Float>>(
        _ type: Lanes.Type, _ inputs: UnsafePointer<Int32>, _ start: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
        _ places: UnsafePointer<Int32>?
    ) {
        prefetch(target, places, rows: 12, vectors: 1)
        var upper = NarrowRows<Lanes>(input, inputs, start)
        var lower = NarrowRows<Lanes>(input, inputs + 6, start)
        var w = weights
        for run in 0..<runCount {
            let offset = Int(runs[run])
            for t in offset..<offset + runLength {
                let weights = Lanes(at: w)
                upper.add(t, weights)
                lower.add(t, weights)
                w += Lanes.scalarCount
            }
        }
        upper.store(target, places, first: 0)
        lower.store(target, places, first: 6)
    }
}
