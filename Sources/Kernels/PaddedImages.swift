/// Images with a border of zeros, so that a window that hangs over the edge reads zeros like any other value.
struct PaddedImages: Sendable, Equatable {
    let height: Int, width: Int, channels: Int
    let top: Int, left: Int, bottom: Int, right: Int

    init(height: Int, width: Int, channels: Int, top: Int, left: Int, bottom: Int, right: Int) {
        self.height = height
        self.width = width
        self.channels = channels
        self.top = top
        self.left = left
        self.bottom = bottom
        self.right = right
    }

    /// The inputs of a convolution, with as much border as its windows reach into.
    init(forInputOf shape: ConvolutionShape) {
        func after(_ size: Int, _ outputs: Int, _ kernel: Int, _ before: Int) -> Int {
            max(0, (outputs - 1) * shape.stride + shape.dilation * (kernel - 1) + 1 - size - before)
        }
        self.init(
            height: shape.height, width: shape.width, channels: shape.inputChannels, top: shape.paddingTop, left: shape.paddingLeft,
            bottom: after(shape.height, shape.outputHeight, shape.kernelHeight, shape.paddingTop),
            right: after(shape.width, shape.outputWidth, shape.kernelWidth, shape.paddingLeft))
    }

    var rowCount: Int { (left + width + right) * channels }
    /// Floats of one image with its border.
    var count: Int { (top + height + bottom) * rowCount }

    /// Whether there is no border at all.
    var isPlain: Bool { top == 0 && left == 0 && bottom == 0 && right == 0 }

    /// Copies [images, height, width, channels] into [images, top + height + bottom, left + width + right, channels].
    func copy(images: Int, _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
        var from = source
        var to = target
        for _ in 0..<images {
            clear(&to, count: top * rowCount)
            for _ in 0..<height {
                clear(&to, count: left * channels)
                to.update(from: from, count: width * channels)
                from += width * channels
                to += width * channels
                clear(&to, count: right * channels)
            }
            clear(&to, count: bottom * rowCount)
        }
    }

    /// Copies one image without its border, the other way.
    func copyInside(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
        for row in 0..<height {
            (target + row * width * channels).update(
                from: source + (top + row) * rowCount + left * channels, count: width * channels)
        }
    }

    @inline(__always)
    private func clear(_ target: inout UnsafeMutablePointer<Float>, count: Int) {
        target.update(repeating: 0, count: count)
        target += count
    }
}
