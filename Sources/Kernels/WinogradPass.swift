/// One direction of a Winograd convolution, from the plane of `input` to the plane of `output`: forward, and backward to the input with
/// the channels swapped, the filters rotated and the padding 2 − padding.
///
/// Tiles are worked on in blocks: V ← Bᵀ d B of all tiles and channels, M_e ← V_e · U_e for each of the 36 products e, Y ← Aᵀ M A. The
/// prepared filters U lie as panels of two vectors of output channels, [36, panels, input channels, 2 · KernelVector.scalarCount], the last perhaps
/// of one vector.
struct WinogradPass: Sendable {
    let input: WinogradPlane, output: WinogradPlane
    let top: Int, left: Int

    private var tilesPerBlock: Int { WinogradTiles.perBlock(channelPairs: input.channels * output.channels) }

    var scratchCount: Int {
        TransformedTiles.count(rows: tilesPerBlock, channels: input.channels)
            + TransformedTiles.count(rows: tilesPerBlock, channels: output.channels)
            + WinogradWorkspace.count(channels: input.channels)
    }

    /// Output channels rounded up to whole panels.
    private var panelChannels: Int { KernelVector.rounded(output.channels) }
    /// A cache line more than it takes, so that the same place of all 36 does not fall into a few sets of the cache.
    private var productStride: Int { panelChannels * input.channels + 16 }
    /// Input channels that `prepare` lays out at a time.
    static let blockInputs = 8
    /// The filters, and behind them room for `prepare` to work in.
    var preparedCount: Int {
        Winograd.products * productStride
            + (Winograd.products / 2 + (9 + 2 * Winograd.products) * Self.blockInputs) * KernelVector.scalarCount
    }

    func run(
        images: Int, input pixels: UnsafePointer<Float>, prepared: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output outputs: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        let workspace = WinogradWorkspace(scratch, channels: input.channels)
        let v = TransformedTiles(
            scratch + WinogradWorkspace.count(channels: input.channels), rows: tilesPerBlock, channels: input.channels)
        let m = TransformedTiles(v.base + Winograd.products * v.matrixStride, rows: tilesPerBlock, channels: output.channels)
        let tiles = WinogradTiles(images: images, outputHeight: output.height, outputWidth: output.width)
        for first in stride(from: 0, to: tiles.count, by: tilesPerBlock) {
            let block = tiles.block(from: first, size: tilesPerBlock)
            tiles.gather(block, of: input, pixels, top: top, left: left, by: Winograd.Input.self, workspace, into: v)
            for e in 0..<Winograd.products {
                multiplyInRegisterTiles(
                    rows: block.count, columns: panelChannels, depth: input.channels, v.base + e * v.matrixStride,
                    aRowStride: v.rowStride, aDepthStride: 1, prepared + e * productStride,
                    bPanelStride: registerTileColumns * input.channels, bDepthStride: nil, accumulate: false,
                    into: m.base + e * m.matrixStride, cRowStride: m.rowStride)
                if e % 4 == 3 { meanwhile() }
            }
            tiles.scatter(block, from: m, bias: bias, workspace, to: output, outputs)
        }
    }

    /// U ← G g Gᵀ of every filter, packed. `lay(c, k, lanes, block)` copies the weights of input channels c ..< c + 8 and output channels
    /// k ..< k + lanes into `block` [9, 8, KernelVector.scalarCount], tap 3·r + s first. They are transformed into a place in the caches and copied
    /// from there, some lines in a row for each product: memory takes one line here and one there, in 36 places far apart, at half the rate.
    @inline(__always)
    func prepare(
        into prepared: UnsafeMutablePointer<Float>,
        lay: (_ c: Int, _ k: Int, _ lanes: Int, _ block: UnsafeMutablePointer<Float>) -> Void
    ) {
        let lanes = KernelVector.scalarCount
        let middle = prepared + Winograd.products * productStride
        let block = middle + Winograd.products / 2 * lanes
        let transformed = block + 9 * Self.blockInputs * lanes
        for panel in stride(from: 0, to: panelChannels, by: registerTileColumns) {
            let width = min(registerTileColumns, panelChannels - panel)
            for firstInput in stride(from: 0, to: input.channels, by: Self.blockInputs) {
                for half in stride(from: 0, to: width, by: lanes) {
                    lay(firstInput, panel + half, min(lanes, output.channels - panel - half), block)
                    for c in 0..<Self.blockInputs {
                        let target = transformed + c * width + half
                        Winograd.transform(by: Winograd.Filter.self, middle: middle) { r, s in
                            KernelVector(at: block + ((3 * r + s) * Self.blockInputs + c) * lanes)
                        } store: { i, j, value in
                            value.store(at: target + (i * Winograd.inputs + j) * Self.blockInputs * width)
                        }
                    }
                }
                for e in 0..<Winograd.products {
                    (prepared + e * productStride + panel * input.channels + firstInput * width).update(
                        from: transformed + e * Self.blockInputs * width, count: Self.blockInputs * width)
                }
            }
        }
    }
}
