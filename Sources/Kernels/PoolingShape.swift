/// The geometry of a pooling window that slides over [N, H, W, C] and gives [N, P, Q, C].
public struct PoolingShape: Sendable, Equatable {
    public let height: Int, width: Int, channels: Int
    public let windowHeight: Int, windowWidth: Int, stride: Int, padding: Int

    public init(height: Int, width: Int, channels: Int, windowHeight: Int, windowWidth: Int, stride: Int, padding: Int = 0) {
        self.height = height
        self.width = width
        self.channels = channels
        self.windowHeight = windowHeight
        self.windowWidth = windowWidth
        self.stride = stride
        self.padding = padding
    }

    /// Whether small windows tile the image: every pixel lies in exactly one.
    var isTiling: Bool {
        stride <= 4 && windowHeight == stride && windowWidth == stride && padding == 0 && height % stride == 0
            && width % stride == 0
    }

    public var outputHeight: Int { (height + 2 * padding - windowHeight) / stride + 1 }
    public var outputWidth: Int { (width + 2 * padding - windowWidth) / stride + 1 }
    public var inputCount: Int { height * width * channels }
    public var outputCount: Int { outputHeight * outputWidth * channels }

    /// The same pooling as one over pixels: a sample block is an image of as many more channels as it has lanes.
    func overPixels(images: Int, _ layout: TensorLayout) -> (shape: PoolingShape, images: Int) {
        guard layout == .sampleBlocks else { return (self, images) }
        let shape = PoolingShape(
            height: height, width: width, channels: channels * SampleBlocks.lanes, windowHeight: windowHeight,
            windowWidth: windowWidth, stride: stride, padding: padding)
        return (shape, SampleBlocks.blocks(samples: images))
    }

    /// A window's place.
    struct Window {
        /// The offset of its output pixel's first channel.
        let output: Int
        let image: Int
        /// Its first row and column, which may lie outside the image.
        let top: Int, left: Int
        /// Those inside the image.
        let rows: Range<Int>, columns: Range<Int>
    }

    /// Calls `body` with each window, in the order of outputs.
    @inline(__always)
    func forEachWindow(images: Int, _ body: (Window) -> Void) {
        var y = 0
        for image in 0..<images {
            for p in 0..<outputHeight {
                let top = p * stride - padding
                let rows = max(top, 0)..<min(top + windowHeight, height)
                for q in 0..<outputWidth {
                    let left = q * stride - padding
                    body(
                        Window(
                            output: y, image: image, top: top, left: left, rows: rows,
                            columns: max(left, 0)..<min(left + windowWidth, width)))
                    y += channels
                }
            }
        }
    }

    /// The number of a pixel in its window, row by row, padding counted.
    @inline(__always)
    func place(_ row: Int, _ column: Int, in window: Window) -> Int { (row - window.top) * windowWidth + column - window.left }

    /// The offset of the first channel of an input pixel.
    @inline(__always)
    func pixel(_ image: Int, _ row: Int, _ column: Int) -> Int { ((image * height + row) * width + column) * channels }
}
