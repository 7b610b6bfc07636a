/// One direction of a Winograd convolution, from the plane of `input` to the plane of `output`: forward, and backward to the input with
/// the channels swapped, the filters rotated and the padding r − 1 − padding, for r×r taps.
///
/// Tiles are worked on in blocks: V ← Bᵀ d B of all tiles and channels, M_e ← V_e · U_e for each product e of a tile, Y ← Aᵀ M A. The
/// prepared filters U lie as panels of two vectors of output channels, [products, panels, input channels, 2 · KernelVector.scalarCount],
/// the last perhaps of one vector.
struct WinogradPass<Form: WinogradForm>: Sendable {
    let input: WinogradPlane, output: WinogradPlane
    let top: Int, left: Int

    private var tilesPerBlock: Int { WinogradTiles<Form>.perBlock(channelPairs: input.channels * output.channels) }

    var scratchCount: Int {
        TransformedTiles.count(Form.products, rows: tilesPerBlock, channels: input.channels)
            + TransformedTiles.count(Form.products, rows: tilesPerBlock, channels: output.channels)
            + WinogradWorkspace<Form>.count(channels: input.channels)
    }

    /// Output channels rounded up to whole panels.
    private var panelChannels: Int { KernelVector.rounded(output.channels) }
    /// A cache line more than it takes, so that the same place of all products does not fall into a few sets of the cache.
    private var productStride: Int { panelChannels * input.channels + 16 }
    /// Input channels that `prepare` lays out at a time.
    static var blockInputs: Int { 8 }
    private static var filterTaps: Int { Form.taps * Form.taps }
    /// Vectors between the two halves of a filter's transform.
    private static var middle: Int { Form.inputs * Form.taps }
    /// The filters, and behind them room for `prepare` to work in.
    var preparedCount: Int {
        Form.products * productStride
            + (Self.middle + (Self.filterTaps + 2 * Form.products) * Self.blockInputs) * KernelVector.scalarCount
    }

    func run(
        images: Int, input pixels: UnsafePointer<Float>, prepared: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output outputs: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        let workspace = WinogradWorkspace<Form>(scratch, channels: input.channels)
        let v = TransformedTiles(
            scratch + WinogradWorkspace<Form>.count(channels: input.channels), Form.products, rows: tilesPerBlock,
            channels: input.channels)
        let m = TransformedTiles(v.end, Form.products, rows: tilesPerBlock, channels: output.channels)
        let tiles = WinogradTiles<Form>(images: images, outputHeight: output.height, outputWidth: output.width)
        for first in stride(from: 0, to: tiles.count, by: tilesPerBlock) {
            let block = tiles.block(from: first, size: tilesPerBlock)
            tiles.gather(block, of: input, pixels, top: top, left: left, by: Form.Input.self, workspace, into: v)
            for e in 0..<Form.products {
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

    /// U ← G g Gᵀ of every filter, packed. `lay(c, k, lanes, block)` copies the weights of input channels c ..< c + 8 and output channels k
    /// ..< k + lanes into `block` [r², 8, KernelVector.scalarCount], row by row of the filter. They are transformed into a place in the
    /// caches and copied from there, some lines in a row for each product: memory takes one line here and one there, in as many places far
    /// apart, at half the rate.
    @inline(__always)
    func prepare(
        into prepared: UnsafeMutablePointer<Float>,
        lay: (_ c: Int, _ k: Int, _ lanes: Int, _ block: UnsafeMutablePointer<Float>) -> Void
    ) {
        let lanes = KernelVector.scalarCount
        let middle = prepared + Form.products * productStride
        let block = middle + Self.middle * lanes
        let transformed = block + Self.filterTaps * Self.blockInputs * lanes
        for panel in stride(from: 0, to: panelChannels, by: registerTileColumns) {
            let width = min(registerTileColumns, panelChannels - panel)
            for firstInput in stride(from: 0, to: input.channels, by: Self.blockInputs) {
                for half in stride(from: 0, to: width, by: lanes) {
                    lay(firstInput, panel + half, min(lanes, output.channels - panel - half), block)
                    for c in 0..<Self.blockInputs {
                        let target = transformed + c * width + half
                        Winograd.transform(by: Form.Filter.self, middle: middle) { r, s in
                            KernelVector(at: block + ((Form.taps * r + s) * Self.blockInputs + c) * lanes)
                        } store: { i, j, value in
                            value.store(at: target + (i * Form.inputs + j) * Self.blockInputs * width)
                        }
                    }
                }
                for e in 0..<Form.products {
                    (prepared + e * productStride + panel * input.channels + firstInput * width).update(
                        from: transformed + e * Self.blockInputs * width, count: Self.blockInputs * width)
                }
            }
        }
    }
}
