/// The tiles of a batch of images: each image's outputs in squares of m×m, the last of a row or column perhaps beyond its edge.
///
/// A plane is [height, width, channels] for each image; what a tile reads outside of its plane is 0, what it would write there is left out.
/// Transformed tiles lie as [products, tiles, rowStride]: for each product of a tile a matrix of a row to a tile, its channels in order.
///
/// A batch is larger than the caches, and a core waits long for what it does not ask for in time: so the pixels of a tile are asked for two
/// tiles ahead, while others are transformed.
struct WinogradTiles<Form: WinogradForm>: Sendable {
    private let images: Int
    private let rows: Int, columns: Int

    /// Tiles that are worked on together, for a filter of so many pairs of an input and an output channel: few, where all products of the
    /// filters, or of their gradients, leave room for them in a second cache of 1 MB; more, where each block fetches those from the third
    /// cache or from memory; whole multiples of a register tile's height.
    static func perBlock(channelPairs: Int) -> Int {
        switch Form.products * channelPairs {
        case ...(36 * 64 * 128): 24
        case ..<(36 * 256 * 256): 48
        default: 132
        }
    }

    /// So many tiles ahead are pixels asked for: while one is transformed they would come too late from memory.
    static var lead: Int { 2 }

    init(images: Int, outputHeight: Int, outputWidth: Int) {
        self.images = images
        rows = (outputHeight + Form.outputs - 1) / Form.outputs
        columns = (outputWidth + Form.outputs - 1) / Form.outputs
    }

    var count: Int { images * rows * columns }

    /// So many tiles from `first` on, or what is left.
    func block(from first: Int, size: Int) -> Range<Int> { first..<min(first + size, count) }

    /// Transforms the squares of n×n pixels, n the matrix's columns, that begin `top` rows above and `left` columns left of the tile's
    /// first output.
    @inline(__always)
    func gather<Matrix: WinogradMatrix>(
        _ tiles: Range<Int>, of plane: WinogradPlane, _ pixels: UnsafePointer<Float>, top: Int, left: Int, by matrix: Matrix.Type,
        _ workspace: WinogradWorkspace<Form>, into matrices: TransformedTiles
    ) {
        func locate(_ tile: Int) -> UnsafePointer<UnsafePointer<Float>> {
            let (image, y, x) = place(min(tile, count - 1))
            return workspace.locate(tile, of: plane, pixels, image, firstRow: y - top, firstColumn: x - left, side: Matrix.columns)
        }
        for tile in tiles.lowerBound..<tiles.lowerBound + Self.lead { _ = locate(tile) }
        for tile in tiles {
            let square = workspace.square(tile)
            let ahead = locate(tile + Self.lead)
            let target = matrices.base + (tile - tiles.lowerBound) * matrices.rowStride
            forEachVector(channels: plane.channels) { channel in
                transform(KernelVector.self, channel, square, ahead, by: matrix, workspace, to: target, matrices.matrixStride)
            } rest: { channel in
                transform(SIMD8.self, channel, square, ahead, by: matrix, workspace, to: target, matrices.matrixStride)
            }
        }
    }

    @inline(__always)
    private func transform<Lanes: SIMD<Float>, Matrix: WinogradMatrix>(
        _ lanes: Lanes.Type, _ channel: Int, _ square: UnsafePointer<UnsafePointer<Float>>,
        _ ahead: UnsafePointer<UnsafePointer<Float>>, by matrix: Matrix.Type, _ workspace: WinogradWorkspace<Form>,
        to target: UnsafeMutablePointer<Float>, _ matrixStride: Int
    ) {
        Winograd.transform(by: matrix, middle: workspace.middle) { i, j in
            prefetchForReading(ahead[i * Matrix.columns + j] + channel)
            return Lanes(at: square[i * Matrix.columns + j] + channel)
        } store: { i, j, value in
            value.store(at: target + (i * Form.inputs + j) * matrixStride + channel)
        }
    }

    /// Transforms products back to outputs, and adds `bias` where there is one.
    @inline(__always)
    func scatter(
        _ tiles: Range<Int>, from matrices: TransformedTiles, bias: UnsafePointer<Float>?, _ workspace: WinogradWorkspace<Form>,
        to plane: WinogradPlane, _ pixels: UnsafeMutablePointer<Float>
    ) {
        for tile in tiles {
            let (image, y, x) = place(tile)
            let (rows, columns) = (min(Form.outputs, plane.height - y), min(Form.outputs, plane.width - x))
            let target = pixels + plane.offset(image, y, x)
            let later = place(tile + Self.lead)
            let ahead = pixels + plane.offset(later.image, later.y, later.x)
            let source = matrices.base + (tile - tiles.lowerBound) * matrices.rowStride
            forEachVector(channels: plane.channels) { channel in
                transformBack(
                    KernelVector.self, source + channel, matrices.matrixStride, bias.map { $0 + channel }, workspace, plane, rows,
                    columns,
                    to: target + channel, ahead: ahead + channel)
            } rest: { channel in
                transformBack(
                    SIMD8.self, source + channel, matrices.matrixStride, bias.map { $0 + channel }, workspace, plane, rows, columns,
                    to: target + channel, ahead: ahead + channel)
            }
        }
    }

    @inline(__always)
    private func transformBack<Lanes: SIMD<Float>>(
        _ lanes: Lanes.Type, _ source: UnsafePointer<Float>, _ matrixStride: Int, _ bias: UnsafePointer<Float>?,
        _ workspace: WinogradWorkspace<Form>, _ plane: WinogradPlane, _ rows: Int, _ columns: Int,
        to target: UnsafeMutablePointer<Float>, ahead: UnsafeMutablePointer<Float>
    ) {
        let shift = bias.map { Lanes(at: $0) } ?? Lanes()
        Winograd.transform(by: Form.Output.self, middle: workspace.middle) { i, j in
            Lanes(at: source + (i * Form.inputs + j) * matrixStride)
        } store: { i, j, value in
            prefetchForWriting(ahead + plane.offset(0, i, j))
            guard i < rows && j < columns else { return }
            (value + shift).store(at: target + plane.offset(0, i, j))
        }
    }

    /// The image that a tile belongs to, and its first output's row and column.
    @inline(__always)
    private func place(_ tile: Int) -> (image: Int, y: Int, x: Int) {
        let (image, index) = tile.quotientAndRemainder(dividingBy: rows * columns)
        let (row, column) = index.quotientAndRemainder(dividingBy: columns)
        return (image, row * Form.outputs, column * Form.outputs)
    }
}

/// The size of one image.
struct WinogradPlane: Sendable {
    let height: Int, width: Int, channels: Int

    /// Floats from the first image's first pixel to a pixel.
    @inline(__always)
    func offset(_ image: Int, _ y: Int, _ x: Int) -> Int { ((image * height + y) * width + x) * channels }
}
