/// A convolution over sample blocks that gathers: every target is the sum of the sources that its taps reach, and taps outside the image are
/// left out, not multiplied by zeros.
///
///     target[t, o] = bias[o] + Σ_{taps of t, i} source[place of tap, i] · W[tap, i, o]        each a vector over samples
///
/// Forward, targets are the outputs and sources the inputs; for the gradient to the input it is the other way about. A register tile is
/// `SampleTiles.rows` target channels of up to 4 pixels; weights are broadcast.
struct SampleBlockedProduct: Sendable {
    let rows: [TapSegment], columns: [TapSegment]
    let kernelHeight: Int, kernelWidth: Int
    let sourceHeight: Int, sourceWidth: Int, sourceChannels: Int
    let targetHeight: Int, targetWidth: Int, targetChannels: Int

    /// Floats of the packed weights.
    var packedCount: Int { kernelHeight * kernelWidth * sourceChannels * targetChannels }

    /// Packs W, whose float for the tap in row r and column s of these segments is `weight(r, s, i, o)`: target channels in parts as tiles take
    /// them, each [R, S, sourceChannels, its channels].
    @inline(__always)
    func pack(into packed: UnsafeMutablePointer<Float>, _ weight: (_ r: Int, _ s: Int, _ i: Int, _ o: Int) -> Float) {
        var target = packed
        forEachPart(of: targetChannels, atMost: SampleTiles.rows) { first, size in
            for r in 0..<kernelHeight {
                for s in 0..<kernelWidth {
                    for i in 0..<sourceChannels {
                        for o in 0..<size { target[o] = weight(r, s, i, first + o) }
                        target += size
                    }
                }
            }
        }
    }

    /// - Parameters:
    ///   - source: [blocks, sourceHeight, sourceWidth, sourceChannels, lanes].
    ///   - bias: [targetChannels].
    ///   - target: [blocks, targetHeight, targetWidth, targetChannels, lanes].
    func multiply(
        blocks: Int, source: UnsafePointer<Float>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        target: UnsafeMutablePointer<Float>
    ) {
        for block in 0..<blocks {
            for row in rows {
                for column in columns {
                    multiply(
                        row, column, source + block * sourceHeight * sourceWidth * sourcePixel, packed, bias,
                        target + block * targetHeight * targetWidth * targetPixel)
                }
            }
        }
    }

    /// Floats from one pixel to the next.
    private var sourcePixel: Int { sourceChannels * KernelVector.scalarCount }
    private var targetPixel: Int { targetChannels * KernelVector.scalarCount }

    /// Places of a segment, and the floats from one to the next in source and target.
    private struct Walk {
        let count: Int, source: Int, target: Int
    }

    /// The targets of one block that lie in a segment of its rows and one of its columns, so that all of them read the same taps.
    private func multiply(
        _ row: TapSegment, _ column: TapSegment, _ source: UnsafePointer<Float>, _ packed: UnsafePointer<Float>,
        _ bias: UnsafePointer<Float>?, _ target: UnsafeMutablePointer<Float>
    ) {
        let (sourceRow, targetRow) = (sourceWidth * sourcePixel, targetWidth * targetPixel)
        let down = Walk(count: row.count, source: row.sourceStep * sourceRow, target: row.targetStep * targetRow)
        let right = Walk(count: column.count, source: column.sourceStep * sourcePixel, target: column.targetStep * targetPixel)
        // A segment narrower than a tile is worked on down its columns, where it is higher than wide.
        let goesDown = right.count < min(SampleTiles.columns, down.count)
        let (along, across) = goesDown ? (down, right) : (right, down)
        // Taps that read neighbouring pixels are one run.
        let isRun = column.tapSource == 1 && column.tapStep == 1
        let firstSource = source + row.firstSource * sourceRow + column.firstSource * sourcePixel
        let firstTarget = target + row.firstTarget * targetRow + column.firstTarget * targetPixel
        let firstTap = (row.firstTap * kernelWidth + column.firstTap) * sourceChannels
        var pixels = PixelTile(
            source: firstSource, sourceStride: along.source, target: firstTarget, targetStride: along.target, rows: row.taps,
            rowSource: row.tapSource * sourceRow, rowTaps: row.tapStep * kernelWidth * sourceChannels,
            runs: isRun ? min(1, column.taps) : column.taps, runSource: column.tapSource * sourcePixel,
            runTaps: column.tapStep * sourceChannels, runLength: (isRun ? column.taps : 1) * sourceChannels)
        for line in 0..<across.count {
            forEachPart(of: along.count, atMost: SampleTiles.columns) { place, width in
                pixels.source = firstSource + line * across.source + place * along.source
                let pixel = firstTarget + line * across.target + place * along.target
                forEachPart(of: targetChannels, atMost: SampleTiles.rows) { channel, channels in
                    pixels.target = pixel + channel * KernelVector.scalarCount
                    pixels.compute(
                        width, channels, packed + channel * kernelHeight * kernelWidth * sourceChannels + firstTap * channels,
                        bias.map { $0 + channel })
                }
            }
        }
    }
}

/// Pixels at even distances that read the same taps; all distances are in floats, of weights in taps.
private struct PixelTile {
    /// What the first pixel's first tap reads.
    var source: UnsafePointer<Float>
    let sourceStride: Int
    /// The first pixel's first channel.
    var target: UnsafeMutablePointer<Float>
    let targetStride: Int
    /// Kernel rows, from one to the next the distance of what they read and of their weights.
    let rows: Int, rowSource: Int, rowTaps: Int
    /// The same for runs of one kernel row, and the vectors of each.
    let runs: Int, runSource: Int, runTaps: Int, runLength: Int

    @inline(__always)
    func compute(_ pixels: Int, _ channels: Int, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?) {
        switch pixels {
        case 1: compute(Pixels<1>.self, channels, weights, bias)
        case 2: compute(Pixels<2>.self, channels, weights, bias)
        case 3: compute(Pixels<3>.self, channels, weights, bias)
        default: compute(Pixels<4>.self, channels, weights, bias)
        }
    }

    private enum Pixels<let count: Int> {}

    @inline(__always)
    private func compute<let pixels: Int>(
        _: Pixels<pixels>.Type, _ channels: Int, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?
    ) {
        switch channels {
        case 1: gather(SampleTile<1, pixels>.self, weights, bias)
        case 2: gather(SampleTile<2, pixels>.self, weights, bias)
        case 3: gather(SampleTile<3, pixels>.self, weights, bias)
        case 4: gather(SampleTile<4, pixels>.self, weights, bias)
        case 5: gather(SampleTile<5, pixels>.self, weights, bias)
        default: gather(SampleTile<6, pixels>.self, weights, bias)
        }
    }

    /// A function of its own for each tile, whose registers are shared with no other code.
    @inline(never)
    private func gather<let channels: Int, let pixels: Int>(
        _: SampleTile<channels, pixels>.Type, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?
    ) {
        let lanes = KernelVector.scalarCount
        let stride = sourceStride
        for pixel in 0..<pixels {
            for channel in 0..<channels { prefetchForWriting(target + pixel * targetStride + channel * lanes) }
        }
        var tile = SampleTile<channels, pixels> { KernelVector(repeating: bias?[$0] ?? 0) }
        for row in 0..<rows {
            for run in 0..<runs {
                var x = source + row * rowSource + run * runSource
                var w = weights + (row * rowTaps + run * runTaps) * channels
                for _ in 0..<runLength {
                    tile.addProducts(
                        { KernelVector(repeating: w[$0]) }, { KernelVector(at: x + $0 * stride) })
                    x += lanes
                    w += channels
                }
            }
        }
        tile.forEach { channel, pixel, sum in sum.store(at: target + pixel * targetStride + channel * lanes) }
    }
}
