/// The gradient to the weights by F(3×3, 4×4): dW ← dW + Gᵀ [Σ (Bᵀ d B) ⊙ (A dy Aᵀ)] G, summed over all tiles of all images.
///
/// The sums are matrix products over the tiles, dU_e ← dU_e + V_eᵀ · D_e for each of the 36 products e, and are kept as [36, C, K] from
/// block to block of tiles; they are transformed back once.
struct WinogradWeightPass: Sendable {
    let input: WinogradPlane, output: WinogradPlane
    let top: Int, left: Int
    let tilesPerBlock: Int

    private var tiles: WinogradTiles { WinogradTiles(outputHeight: output.height, outputWidth: output.width) }
    var tilesPerImage: Int { tiles.perImage }
    var scratchCount: Int {
        TransformedTiles.count(rows: tilesPerBlock, channels: input.channels)
            + TransformedTiles.count(rows: tilesPerBlock, channels: output.channels)
            + TransformedTiles.count(rows: input.channels, channels: output.channels) + Winograd.products * 8
    }

    func run(
        images: Int, input pixels: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
        weightGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
    ) {
        let middle = scratch
        let v = TransformedTiles(scratch + Winograd.products * 8, rows: tilesPerBlock, channels: input.channels)
        let d = TransformedTiles(v.base + Winograd.products * v.matrixStride, rows: tilesPerBlock, channels: output.channels)
        let sums = TransformedTiles(
            d.base + Winograd.products * d.matrixStride, rows: input.channels, channels: output.channels)
        let count = images * tiles.perImage
        if count == 0 { return }
        for first in stride(from: 0, to: count, by: tilesPerBlock) {
            let block = first..<min(first + tilesPerBlock, count)
            tiles.gather(block, of: input, pixels, top: top, left: left, by: Winograd.Input.self, middle: middle, into: v)
            tiles.gather(
                block, of: output, outputGradient, top: 0, left: 0, by: Winograd.OutputGradient.self, middle: middle, into: d)
            for e in 0..<Winograd.products {
                multiplyInRegisterTiles(
                    rows: input.channels, columns: (output.channels + 15) / 16 * 16, depth: block.count,
                    v.base + e * v.matrixStride, aRowStride: 1, aDepthStride: v.rowStride, d.base + e * d.matrixStride,
                    bPanelStride: 16, bDepthStride: d.rowStride, accumulate: first > 0, into: sums.base + e * sums.matrixStride,
                    cRowStride: sums.rowStride)
            }
        }
        addFilterGradients(sums, middle: middle, to: weightGradient)
    }

    /// dW ← dW + Gᵀ dU G.
    private func addFilterGradients(
        _ sums: TransformedTiles, middle: UnsafeMutablePointer<Float>, to weightGradient: UnsafeMutablePointer<Float>
    ) {
        let tapStride = input.channels * output.channels
        for c in 0..<input.channels {
            for k in stride(from: 0, to: output.channels, by: 8) {
                let source = sums.base + c * sums.rowStride + k
                let target = weightGradient + c * output.channels + k
                Winograd.transform(
                    by: Winograd.FilterGradient.self, middle: middle,
                    load: { load8(source + ($0 * Winograd.inputs + $1) * sums.matrixStride) },
                    store: {
                        let place = target + ($0 * 3 + $1) * tapStride
                        store8(load8(place) + $2, at: place)
                    })
            }
        }
    }
}
