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

    /// Calls `body` with the offset of each output pixel's first channel, and the rows and columns of its window inside the image.
    @inline(__always)
    func forEachWindow(images: Int, _ body: (_ y: Int, _ image: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Void) {
        var y = 0
        for image in 0..<images {
            for p in 0..<outputHeight {
                let top = p * stride - padding
                let rows = max(top, 0)..<min(top + windowHeight, height)
                for q in 0..<outputWidth {
                    let left = q * stride - padding
                    body(y, image, rows, max(left, 0)..<min(left + windowWidth, width))
                    y += channels
                }
            }
        }
    }

    /// The offset of the first channel of an input pixel.
    @inline(__always)
    func pixel(_ image: Int, _ row: Int, _ column: Int) -> Int { ((image * height + row) * width + column) * channels }
}
