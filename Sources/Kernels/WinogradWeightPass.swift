/// The gradient to the weights by F(3×3, 4×4): dW ← dW + Gᵀ [Σ (Bᵀ d B) ⊙ (A dy Aᵀ)] G, summed over all tiles of all images.
///
/// The sums are matrix products over the tiles, dU_e ← dU_e + V_eᵀ · D_e for each of the 36 products e, and are kept as [36, C, K] from
/// block to block of tiles; they are transformed back once.
struct WinogradWeightPass: Sendable {
    let input: WinogradPlane, output: WinogradPlane
    let top: Int, left: Int

    private var tilesPerBlock: Int { WinogradTiles.perBlock(channelPairs: input.channels * output.channels) }
    var tilesPerImage: Int { WinogradTiles(images: 1, outputHeight: output.height, outputWidth: output.width).count }

    var scratchCount: Int {
        TransformedTiles.count(rows: tilesPerBlock, channels: input.channels)
            + TransformedTiles.count(rows: tilesPerBlock, channels: output.channels)
            + TransformedTiles.count(rows: input.channels, channels: output.channels)
            + WinogradWorkspace.count(channels: max(input.channels, output.channels))
    }

    func run(
        images: Int, input pixels: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
        weightGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        let channels = max(input.channels, output.channels)
        let workspace = WinogradWorkspace(scratch, channels: channels)
        let v = TransformedTiles(
            scratch + WinogradWorkspace.count(channels: channels), rows: tilesPerBlock, channels: input.channels)
        let d = TransformedTiles(v.base + Winograd.products * v.matrixStride, rows: tilesPerBlock, channels: output.channels)
        let sums = TransformedTiles(
            d.base + Winograd.products * d.matrixStride, rows: input.channels, channels: output.channels)
        let tiles = WinogradTiles(images: images, outputHeight: output.height, outputWidth: output.width)
        if tiles.count == 0 { return }
        for first in stride(from: 0, to: tiles.count, by: tilesPerBlock) {
            let block = tiles.block(from: first, size: tilesPerBlock)
            tiles.gather(block, of: input, pixels, top: top, left: left, by: Winograd.Input.self, workspace, into: v)
            tiles.gather(
                block, of: output, outputGradient, top: 0, left: 0, by: Winograd.OutputGradient.self, workspace, into: d)
            for e in 0..<Winograd.products {
                multiplyInRegisterTiles(
                    rows: input.channels, columns: KernelVector.rounded(output.channels), depth: block.count,
                    v.base + e * v.matrixStride, aRowStride: 1, aDepthStride: v.rowStride, d.base + e * d.matrixStride,
                    bPanelStride: registerTileColumns, bDepthStride: d.rowStride, accumulate: first > 0,
                    into: sums.base + e * sums.matrixStride, cRowStride: sums.rowStride)
                if e % 4 == 3 { meanwhile() }
            }
        }
        addFilterGradients(sums, workspace, to: weightGradient)
    }

    /// dW ← dW + Gᵀ dU G. The 36 products are asked for some lines ahead, being too many for a core to see where each goes on.
    private func addFilterGradients(
        _ sums: TransformedTiles, _ workspace: WinogradWorkspace, to weightGradient: UnsafeMutablePointer<Float>
    ) {
        for c in 0..<input.channels {
            let source = sums.base + c * sums.rowStride
            let target = weightGradient + c * output.channels
            forEachVector(channels: output.channels) { k in
                addFilterGradient(KernelVector.self, source + k, sums.matrixStride, workspace, to: target + k)
            } rest: { k in
                addFilterGradient(SIMD8.self, source + k, sums.matrixStride, workspace, to: target + k)
            }
        }
    }

    @inline(__always)
    private func addFilterGradient<Lanes: SIMD<Float>>(
        _ lanes: Lanes.Type, _ source: UnsafePointer<Float>, _ stride: Int, _ workspace: WinogradWorkspace,
        to target: UnsafeMutablePointer<Float>
    ) {
        let tapStride = input.channels * output.channels
        Winograd.transform(by: Winograd.FilterGradient.self, middle: workspace.middle) { i, j in
            let place = source + (i * Winograd.inputs + j) * stride
            prefetchForReading(place + 4 * Lanes.scalarCount)
            return Lanes(at: place)
        } store: { r, s, value in
            let place = target + (3 * r + s) * tapStride
            (Lanes(at: place) + value).store(at: place)
        }
    }
}
