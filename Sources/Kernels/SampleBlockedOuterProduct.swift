/// The gradient to a convolution's weights over sample blocks: for every tap, input channel and output channel a vector of sums, one for each
/// sample of a block.
///
///     sums[r, s, c, k] += Σ_pixels X[pixel of tap (r, s), c] · dY[pixel, k]
///
/// A few rows of the output at a time, so that what a kernel row reads of them and of the input stays in a near cache while all of its tiles
/// pass by. A register tile is `SampleTiles.rows` output channels of up to 4 neighbouring (tap, channel)s; pixels outside the image are left out.
struct SampleBlockedOuterProduct: Sendable {
    let shape: ConvolutionShape
    /// The outputs of a row that read the same taps.
    let columns: [TapSegment]
    /// Rows of the output that are worked on together.
    private let rowsPerGroup: Int

    /// What one tile may pass over. The sums are read and written once a group, so more rows are better as long as the tile's loads come in time:
    /// 6×4 sums of sixteen lanes take 27 bytes a cycle, which a second cache gives (96 KB); 3×4 of eight take 37, which the first alone does
    /// (24 KB).
    private static var groupFloats: Int { KernelVector.scalarCount == 16 ? 24 * 1_024 : 6 * 1_024 }

    init(_ shape: ConvolutionShape, columns: [TapSegment]) {
        self.shape = shape
        self.columns = columns
        let tileChannels = min(SampleTiles.rows, shape.outputChannels)
        let rowFloats = (shape.width * shape.inputChannels + shape.outputWidth * tileChannels) * KernelVector.scalarCount
        rowsPerGroup = max(1, Self.groupFloats / rowFloats)
    }

    /// Floats of the sums: [R, S, C, K, lanes].
    var sumCount: Int { shape.weightCount * KernelVector.scalarCount }

    /// Adds one block's gradient to `sums`.
    ///
    /// - Parameters:
    ///   - input: [H, W, C, lanes].
    ///   - gradient: [P, Q, K, lanes].
    ///   - sums: [R, S, C, K, lanes].
    ///   - biasSums: [K, lanes]: the gradient itself is added to it.
    func add(
        input: UnsafePointer<Float>, gradient: UnsafePointer<Float>, to sums: UnsafeMutablePointer<Float>,
        biasSums: UnsafeMutablePointer<Float>?
    ) {
        for first in stride(from: 0, to: shape.outputHeight, by: rowsPerGroup) {
            let group = first..<min(first + rowsPerGroup, shape.outputHeight)
            if let biasSums { addPixels(group, gradient, to: biasSums) }
            for r in 0..<shape.kernelHeight {
                let outputs = group.clamped(to: outputRows(tap: r))
                if outputs.isEmpty { continue }
                for column in columns where column.taps > 0 {
                    add(tapRow: r, outputs, column, input, gradient, sums)
                }
            }
        }
    }

    /// The output rows for which kernel row r lies inside the image.
    private func outputRows(tap r: Int) -> Range<Int> {
        let above = shape.paddingTop - r * shape.dilation
        // p·stride ≥ above, and p·stride < above + H.
        let first = max(0, (above + shape.stride - 1) / shape.stride)
        let end = above + shape.height <= 0 ? 0 : (above + shape.height - 1) / shape.stride + 1
        return first..<max(first, min(end, shape.outputHeight))
    }

    /// One kernel row's products with the outputs of some rows and one segment of columns.
    @inline(__always)
    private func add(
        tapRow r: Int, _ outputs: Range<Int>, _ column: TapSegment, _ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
        _ sums: UnsafeMutablePointer<Float>
    ) {
        let lanes = KernelVector.scalarCount
        let (inputs, channels) = (shape.inputChannels, shape.outputChannels)
        let inputRow = outputs.lowerBound * shape.stride - shape.paddingTop + r * shape.dilation
        let x = input + (inputRow * shape.width + column.firstSource) * inputs * lanes
        let dy = gradient + (outputs.lowerBound * shape.outputWidth + column.firstTarget) * channels * lanes
        var tile = TapTile(
            input: x, gradient: dy, sums: sums, rows: outputs.count, rowInput: shape.stride * shape.width * inputs * lanes,
            rowGradient: shape.outputWidth * channels * lanes, pixels: column.count, pixelInput: shape.stride * inputs * lanes,
            pixelGradient: channels * lanes, tapSums: channels * lanes)
        // Taps that read neighbouring pixels are one run.
        let isRun = column.tapSource == 1
        for run in 0..<(isRun ? 1 : column.taps) {
            let firstTap = ((r * shape.kernelWidth) + column.firstTap + run) * inputs
            forEachPart(of: channels, atMost: SampleTiles.rows) { channel, size in
                forEachPart(of: isRun ? column.taps * inputs : inputs, atMost: SampleTiles.columns) { tap, taps in
                    tile.input = x + (run * column.tapSource * inputs + tap) * lanes
                    tile.gradient = dy + channel * lanes
                    tile.sums = sums + ((firstTap + tap) * channels + channel) * lanes
                    tile.compute(taps, size)
                }
            }
        }
    }

    /// sums[k] += the sum of dY[pixel, k] over the pixels of some rows.
    private func addPixels(_ rows: Range<Int>, _ gradient: UnsafePointer<Float>, to sums: UnsafeMutablePointer<Float>) {
        let lanes = KernelVector.scalarCount
        let pixelCount = shape.outputChannels * lanes
        let pixels = rows.lowerBound * shape.outputWidth..<rows.upperBound * shape.outputWidth
        forEachPart(of: shape.outputChannels, atMost: 4) { channel, size in
            var total = InlineArray<4, KernelVector>(repeating: KernelVector())
            for pixel in pixels {
                let dy = gradient + pixel * pixelCount + channel * lanes
                for k in 0..<4 where k < size { total[k] += KernelVector(at: dy + k * lanes) }
            }
            let place = sums + channel * lanes
            for k in 0..<4 where k < size { (KernelVector(at: place + k * lanes) + total[k]).store(at: place + k * lanes) }
        }
    }
}

/// Neighbouring taps over the pixels of a few rows; all distances are in floats.
private struct TapTile {
    /// What the first tap reads for the first pixel.
    var input: UnsafePointer<Float>
    /// The first pixel's gradient.
    var gradient: UnsafePointer<Float>
    /// The first tap's sums.
    var sums: UnsafeMutablePointer<Float>
    let rows: Int, rowInput: Int, rowGradient: Int
    let pixels: Int, pixelInput: Int, pixelGradient: Int
    /// From one tap's sums to the next one's.
    let tapSums: Int

    @inline(__always)
    func compute(_ taps: Int, _ channels: Int) {
        switch taps {
        case 1: compute(Taps<1>.self, channels)
        case 2: compute(Taps<2>.self, channels)
        case 3: compute(Taps<3>.self, channels)
        default: compute(Taps<4>.self, channels)
        }
    }

    private enum Taps<let count: Int> {}

    @inline(__always)
    private func compute<let taps: Int>(_: Taps<taps>.Type, _ channels: Int) {
        switch channels {
        case 1: accumulate(SampleTile<1, taps>.self)
        case 2: accumulate(SampleTile<2, taps>.self)
        case 3: accumulate(SampleTile<3, taps>.self)
        case 4: accumulate(SampleTile<4, taps>.self)
        case 5: accumulate(SampleTile<5, taps>.self)
        default: accumulate(SampleTile<6, taps>.self)
        }
    }

    /// A function of its own for each tile, whose registers are shared with no other code.
    @inline(never)
    private func accumulate<let channels: Int, let taps: Int>(_: SampleTile<channels, taps>.Type) {
        let lanes = KernelVector.scalarCount
        var tile = SampleTile<channels, taps>()
        for row in 0..<rows {
            var x = input + row * rowInput
            var dy = gradient + row * rowGradient
            for _ in 0..<pixels {
                tile.addProducts({ KernelVector(at: dy + $0 * lanes) }, { KernelVector(at: x + $0 * lanes) })
                x += pixelInput
                dy += pixelGradient
            }
        }
        tile.forEach { channel, tap, sum in
            let place = sums + tap * tapSums + channel * lanes
            (KernelVector(at: place) + sum).store(at: place)
        }
    }
}
