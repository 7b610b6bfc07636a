/// Convolution in which every channel has a kernel of its own (groups = C = K): eight channels in a register, a tap after the other.
///
/// No sum runs over channels, so there is no matrix product in it: the work is as much loading as multiplying. A few values of all channels
/// are read from images with a border of zeros; the gradient to the input is added up in such an image and its inside copied out.
public struct DepthwiseConvolution: ConvolutionAlgorithm {
    public static let name = "depthwise"

    public let shape: ConvolutionShape
    private let padded: PaddedImages
    /// Where each tap lies from its window's first value, in the padded image.
    private let taps: [Int]

    /// Nil where groups are not single channels.
    public init?(_ shape: ConvolutionShape) {
        guard shape.groups == shape.inputChannels, shape.groups == shape.outputChannels else { return nil }
        self.shape = shape
        let padded = PaddedImages(forInputOf: shape)
        self.padded = padded
        taps = (0..<shape.kernelHeight).flatMap { r in
            (0..<shape.kernelWidth).map { s in
                r * shape.dilation * padded.rowCount + s * shape.dilation * shape.inputChannels
            }
        }
    }

    public var scratchCount: Int { padded.count }

    public func forward(
        images: Int, input: UnsafePointer<Float>, prepared weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        for image in 0..<images {
            padded.copy(images: 1, input + image * shape.inputCount, to: scratch)
            forEachWindow { window, pixel, c, width in
                var sum = bias.map { load($0 + c, width: width) } ?? SIMD8()
                for (tap, place) in taps.enumerated() {
                    sum.addProduct(
                        load(scratch + window + place, width: width), load(weights + tap * shape.groups + c, width: width))
                }
                store(sum, width: width, at: output + image * shape.outputCount + pixel)
            }
        }
    }

    public func backwardInput(
        images: Int, outputGradient: UnsafePointer<Float>, prepared weights: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        for image in 0..<images {
            scratch.update(repeating: 0, count: padded.count)
            forEachWindow { window, pixel, c, width in
                let gradient = load(outputGradient + image * shape.outputCount + pixel, width: width)
                for (tap, place) in taps.enumerated() {
                    let target = scratch + window + place
                    let weight = load(weights + tap * shape.groups + c, width: width)
                    store(load(target, width: width).addingProduct(gradient, weight), width: width, at: target)
                }
            }
            padded.copyInside(scratch, to: inputGradient + image * shape.inputCount)
        }
    }

    public func backwardWeights(
        images: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
        biasGradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        if let biasGradient {
            addRows(outputGradient, rows: images * shape.outputPixels, to: biasGradient, count: shape.outputChannels)
        }
        for image in 0..<images {
            padded.copy(images: 1, input + image * shape.inputCount, to: scratch)
            for c in stride(from: 0, to: shape.groups, by: 8) {
                let width = min(8, shape.groups - c)
                for (tap, place) in taps.enumerated() {
                    let target = weightGradient + tap * shape.groups + c
                    var sum = load(target, width: width)
                    for p in 0..<shape.outputHeight {
                        var x = scratch + p * shape.stride * padded.rowCount + c + place
                        var dy = outputGradient + image * shape.outputCount + p * shape.outputWidth * shape.groups + c
                        for _ in 0..<shape.outputWidth {
                            sum.addProduct(load(x, width: width), load(dy, width: width))
                            x += shape.stride * shape.groups
                            dy += shape.groups
                        }
                    }
                    store(sum, width: width, at: target)
                }
            }
        }
    }

    /// Calls `body` for up to eight channels of each output pixel: where their window begins in the padded image, and where they lie in an
    /// output image.
    @inline(__always)
    private func forEachWindow(_ body: (_ window: Int, _ pixel: Int, _ channel: Int, _ width: Int) -> Void) {
        for p in 0..<shape.outputHeight {
            for q in 0..<shape.outputWidth {
                let window = p * shape.stride * padded.rowCount + q * shape.stride * shape.groups
                let pixel = (p * shape.outputWidth + q) * shape.groups
                for c in stride(from: 0, to: shape.groups, by: 8) { body(window + c, pixel + c, c, min(8, shape.groups - c)) }
            }
        }
    }
}
