/// The gradient to the weights by F(r×r, m×m): dW ← dW + Gᵀ [Σ (Bᵀ d B) ⊙ (A dy Aᵀ)] G, summed over all tiles of all images.
///
/// The sums are matrix products over the tiles, dU_e ← dU_e + V_eᵀ · D_e for each product e of a tile, and are kept as [products, C, K]
/// from block to block of tiles; they are transformed back once.
struct WinogradWeightPass<Form: WinogradForm>: Sendable {
    let input: WinogradPlane, output: WinogradPlane
    let top: Int, left: Int

    private var tilesPerBlock: Int { WinogradTiles<Form>.perBlock(channelPairs: input.channels * output.channels) }
    var tilesPerImage: Int { WinogradTiles<Form>(images: 1, outputHeight: output.height, outputWidth: output.width).count }

    var scratchCount: Int {
        TransformedTiles.count(Form.products, rows: tilesPerBlock, channels: input.channels)
            + TransformedTiles.count(Form.products, rows: tilesPerBlock, channels: output.channels)
            + TransformedTiles.count(Form.products, rows: input.channels, channels: output.channels)
            + WinogradWorkspace<Form>.count(channels: max(input.channels, output.channels))
    }

    func run(
        images: Int, input pixels: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
        weightGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        let channels = max(input.channels, output.channels)
        let workspace = WinogradWorkspace<Form>(scratch, channels: channels)
        let v = TransformedTiles(
            scratch + WinogradWorkspace<Form>.count(channels: channels), Form.products, rows: tilesPerBlock,
            channels: input.channels)
        let d = TransformedTiles(v.end, Form.products, rows: tilesPerBlock, channels: output.channels)
        let sums = TransformedTiles(d.end, Form.products, rows: input.channels, channels: output.channels)
        let tiles = WinogradTiles<Form>(images: images, outputHeight: output.height, outputWidth: output.width)
        if tiles.count == 0 { return }
        for first in stride(from: 0, to: tiles.count, by: tilesPerBlock) {
            let block = tiles.block(from: first, size: tilesPerBlock)
            tiles.gather(block, of: input, pixels, top: top, left: left, by: Form.Input.self, workspace, into: v)
            tiles.gather(
                block, of: output, outputGradient, top: 0, left: 0, by: Form.OutputGradient.self, workspace, into: d)
            for e in 0..<Form.products {
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

    /// dW ← dW + Gᵀ dU G. The sums are asked for some lines ahead, being too many for a core to see where each goes on.
    private func addFilterGradients(
        _ sums: TransformedTiles, _ workspace: WinogradWorkspace<Form>, to weightGradient: UnsafeMutablePointer<Float>
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
        _ lanes: Lanes.Type, _ source: UnsafePointer<Float>, _ stride: Int, _ workspace: WinogradWorkspace<Form>,
        to target: UnsafeMutablePointer<Float>
    ) {
        let tapStride = input.channels * output.channels
        Winograd.transform(by: Form.FilterGradient.self, middle: workspace.middle) { i, j in
            let place = source + (i * Form.inputs + j) * stride
            prefetchForReading(place + 4 * Lanes.scalarCount)
            return Lanes(at: place)
        } store: { r, s, value in
            let place = target + (Form.taps * r + s) * tapStride
            (Lanes(at: place) + value).store(at: place)
        }
    }
}
