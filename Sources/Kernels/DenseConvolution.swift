/// Convolution of images of few pixels as one matrix product: every input pixel reaches every output pixel by one tap or none, so
///
///     Y [images, P·Q·K] = X [images, H·W·C] · D        D[(h, w, c), (p, q, k)] = W[r, s, c, k]
///
/// with h = p·stride − top + r·dilation and w likewise, and 0 where there is no such tap. Where the image has fewer pixels than the kernel
/// has taps, this is less work than multiplying by the zeros around the image.
public struct DenseConvolution: ConvolutionAlgorithm {
    public static let name = "dense"

    public let shape: ConvolutionShape
    /// The tap that leads from each input pixel to each output pixel, [H·W, P·Q]; −1 for none.
    private let taps: [Int]

    private var inputPixels: Int { shape.height * shape.width }

    /// Nil where the image has as many pixels as the kernel has taps, or there are groups.
    public init?(_ shape: ConvolutionShape) {
        guard shape.groups == 1, shape.height * shape.width < shape.kernelHeight * shape.kernelWidth else { return nil }
        self.shape = shape
        func tap(_ input: Int, _ output: Int, before: Int, kernel: Int) -> Int? {
            let distance = input + before - output * shape.stride
            let (tap, rest) = distance.quotientAndRemainder(dividingBy: shape.dilation)
            return rest == 0 && (0..<kernel).contains(tap) ? tap : nil
        }
        taps = (0..<shape.height * shape.width * shape.outputPixels).map { pair in
            let (input, output) = pair.quotientAndRemainder(dividingBy: shape.outputPixels)
            let (h, w) = input.quotientAndRemainder(dividingBy: shape.width)
            let (p, q) = output.quotientAndRemainder(dividingBy: shape.outputWidth)
            guard let r = tap(h, p, before: shape.paddingTop, kernel: shape.kernelHeight),
                let s = tap(w, q, before: shape.paddingLeft, kernel: shape.kernelWidth)
            else {
                return -1
            }
            return r * shape.kernelWidth + s
        }
    }

    /// Of D, and of its gradient.
    private var matrixCount: Int { shape.inputCount * shape.outputCount }
    public var leastImages: Int { .max }
    public var scratchCount: Int { matrixCount }
    public var forwardCount: Int { matrixCount }
    public var backwardCount: Int { matrixCount }

    public func prepareForward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
        forEachBlock { tap, c, column, row in
            let target = prepared + row * shape.outputCount + column
            if tap < 0 {
                target.update(repeating: 0, count: shape.outputChannels)
            } else {
                target.update(from: weights + (tap * shape.inputChannels + c) * shape.outputChannels, count: shape.outputChannels)
            }
        }
    }

    public func prepareBackward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
        prepareForward(weights: weights, into: prepared)
    }

    public func forward(
        images: Int, input: UnsafePointer<Float>, prepared: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        if let bias { fillRows(output, rows: images * shape.outputPixels, with: bias, count: shape.outputChannels) }
        multiply(
            rows: images, columns: shape.outputCount, depth: shape.inputCount, Matrix(input, stride: shape.inputCount),
            Matrix(prepared, stride: shape.outputCount), accumulate: bias != nil, into: output, stride: shape.outputCount)
    }

    public func backwardInput(
        images: Int, outputGradient: UnsafePointer<Float>, prepared: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        multiply(
            rows: images, columns: shape.inputCount, depth: shape.outputCount, Matrix(outputGradient, stride: shape.outputCount),
            Matrix(prepared, stride: shape.outputCount).transposed, accumulate: false, into: inputGradient,
            stride: shape.inputCount)
    }

    public func backwardWeights(
        images: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
        biasGradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        if images == 0 { return }
        if let biasGradient {
            addRows(outputGradient, rows: images * shape.outputPixels, to: biasGradient, count: shape.outputChannels)
        }
        multiply(
            rows: shape.inputCount, columns: shape.outputCount, depth: images, Matrix(input, stride: shape.inputCount).transposed,
            Matrix(outputGradient, stride: shape.outputCount), accumulate: false, into: scratch, stride: shape.outputCount)
        forEachBlock { tap, c, column, row in
            guard tap >= 0 else { return }
            addRun(
                scratch + row * shape.outputCount + column,
                to: weightGradient + (tap * shape.inputChannels + c) * shape.outputChannels, count: shape.outputChannels)
        }
    }

    /// Walks D in the order of memory, in blocks of K floats: the block in `row`, from `column` on, belongs to (tap, c).
    @inline(__always)
    private func forEachBlock(_ body: (_ tap: Int, _ c: Int, _ column: Int, _ row: Int) -> Void) {
        for input in 0..<inputPixels {
            for c in 0..<shape.inputChannels {
                for output in 0..<shape.outputPixels {
                    body(
                        taps[input * shape.outputPixels + output], c, output * shape.outputChannels,
                        input * shape.inputChannels + c)
                }
            }
        }
    }
}
