/// One direction of a Winograd convolution, from the plane of `input` to the plane of `output`: forward, and backward to the input with
/// the channels swapped, the filters rotated and the padding 2 − padding.
///
/// Tiles are worked on in blocks: V ← Bᵀ d B of all tiles and channels, M_e ← V_e · U_e for each of the 36 products e, Y ← Aᵀ M A. The
/// prepared filters U lie as [36, output channels / 16, input channels, 16], the last panel filled up with zeros.
struct WinogradPass: Sendable {
    let input: WinogradPlane, output: WinogradPlane
    let top: Int, left: Int
    let tilesPerBlock: Int

    private var tiles: WinogradTiles { WinogradTiles(outputHeight: output.height, outputWidth: output.width) }

    var scratchCount: Int {
        TransformedTiles.count(rows: tilesPerBlock, channels: input.channels)
            + TransformedTiles.count(rows: tilesPerBlock, channels: output.channels) + Winograd.products * 8
    }

    /// Output channels rounded up to whole panels.
    private var panelChannels: Int { (output.channels + 15) / 16 * 16 }
    /// A cache line more than it takes, so that the same place of all 36 does not fall into a few sets of the cache.
    private var productStride: Int { panelChannels * input.channels + 16 }
    /// The filters, and behind them room for `prepare` to work in.
    var preparedCount: Int { Winograd.products * productStride + 18 * 8 }

    func run(
        images: Int, input pixels: UnsafePointer<Float>, prepared: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output outputs: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
    ) {
        let middle = scratch
        let v = TransformedTiles(scratch + Winograd.products * 8, rows: tilesPerBlock, channels: input.channels)
        let m = TransformedTiles(v.base + Winograd.products * v.matrixStride, rows: tilesPerBlock, channels: output.channels)
        let count = images * tiles.perImage
        for first in stride(from: 0, to: count, by: tilesPerBlock) {
            let block = first..<min(first + tilesPerBlock, count)
            tiles.gather(block, of: input, pixels, top: top, left: left, by: Winograd.Input.self, middle: middle, into: v)
            for e in 0..<Winograd.products {
                multiplyInRegisterTiles(
                    rows: block.count, columns: panelChannels, depth: input.channels, v.base + e * v.matrixStride,
                    aRowStride: v.rowStride, aDepthStride: 1, prepared + e * productStride, bPanelStride: 16 * input.channels,
                    bDepthStride: 16, accumulate: false, into: m.base + e * m.matrixStride, cRowStride: m.rowStride)
            }
            tiles.scatter(block, from: m, bias: bias, middle: middle, to: output, outputs)
        }
    }

    /// U ← G g Gᵀ of every filter, packed. `load(tap, c, k)` gives the weights of tap 3·r + s from input channel c to the output channels
    /// k ..< k + 8. A cache line of each product is written whole, by its two halves in turn.
    @inline(__always)
    func prepare(into prepared: UnsafeMutablePointer<Float>, load: (_ tap: Int, _ c: Int, _ k: Int) -> Winograd.Lane) {
        let middle = prepared + Winograd.products * productStride
        for place in 0..<panelChannels / 16 * input.channels {
            let (panel, c) = place.quotientAndRemainder(dividingBy: input.channels)
            for half in stride(from: 0, to: 16, by: 8) {
                let k = panel * 16 + half
                let target = prepared + place * 16 + half
                Winograd.transform(by: Winograd.Filter.self, middle: middle) { r, s in
                    k < output.channels ? load(3 * r + s, c, k) : Winograd.Lane()
                } store: { i, j, value in
                    store8(value, at: target + (i * Winograd.inputs + j) * productStride)
                }
            }
        }
    }
}
