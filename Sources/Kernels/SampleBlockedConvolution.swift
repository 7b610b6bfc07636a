/// Convolution over sample blocks ([⌈N/lanes⌉, H, W, C, lanes]): a vector is one value of `lanes` samples, so no lane is wasted at any number of
/// channels, there is no column matrix, and no border of zeros either.
///
/// For layers of few channels; activations come and go in this layout (`SampleBlocks`). The gradient to the weights takes dY to be 0 in the
/// lanes behind the last sample.
public struct SampleBlockedConvolution: ConvolutionAlgorithm {
    public static let name = "samples"

    public let shape: ConvolutionShape
    private let forwardProduct: SampleBlockedProduct
    private let inputProduct: SampleBlockedProduct
    private let weightProduct: SampleBlockedOuterProduct

    /// Nil where the shape has groups.
    public init?(_ shape: ConvolutionShape) {
        guard shape.groups == 1 else { return nil }
        self.shape = shape
        let (height, width, p, q) = (shape.height, shape.width, shape.outputHeight, shape.outputWidth)
        let (kernelHeight, kernelWidth, stride, dilation) = (shape.kernelHeight, shape.kernelWidth, shape.stride, shape.dilation)
        let (top, left) = (shape.paddingTop, shape.paddingLeft)
        let rows = TapSegment.forward(
            inputs: height, outputs: p, kernel: kernelHeight, stride: stride, dilation: dilation, before: top)
        let columns = TapSegment.forward(
            inputs: width, outputs: q, kernel: kernelWidth, stride: stride, dilation: dilation, before: left)
        forwardProduct = SampleBlockedProduct(
            rows: rows, columns: columns, kernelHeight: kernelHeight, kernelWidth: kernelWidth, sourceHeight: height,
            sourceWidth: width, sourceChannels: shape.inputChannels, targetHeight: p, targetWidth: q,
            targetChannels: shape.outputChannels)
        inputProduct = SampleBlockedProduct(
            rows: TapSegment.backward(
                inputs: height, outputs: p, kernel: kernelHeight, stride: stride, dilation: dilation, before: top),
            columns: TapSegment.backward(
                inputs: width, outputs: q, kernel: kernelWidth, stride: stride, dilation: dilation, before: left),
            kernelHeight: kernelHeight, kernelWidth: kernelWidth, sourceHeight: p, sourceWidth: q,
            sourceChannels: shape.outputChannels, targetHeight: height, targetWidth: width, targetChannels: shape.inputChannels)
        weightProduct = SampleBlockedOuterProduct(shape, columns: columns)
    }

    public var layout: TensorLayout { .sampleBlocks }
    /// For each call, the gradient to the weights clears and adds up its sums over lanes.
    public var leastImages: Int { 2 * SampleBlocks.lanes }

    /// Vectors of sums for the weights and for the bias.
    public var scratchCount: Int { weightProduct.sumCount + shape.outputChannels * SampleBlocks.lanes }
    public var forwardCount: Int { forwardProduct.packedCount }
    public var backwardCount: Int { inputProduct.packedCount }

    public func prepareForward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
        forwardProduct.pack(into: prepared) { r, s, c, k in weights[index(r, s, c, k)] }
    }

    public func prepareBackward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
        inputProduct.pack(into: prepared) { r, s, k, c in
            weights[index(shape.kernelHeight - 1 - r, shape.kernelWidth - 1 - s, c, k)]
        }
    }

    @inline(__always)
    private func index(_ r: Int, _ s: Int, _ c: Int, _ k: Int) -> Int {
        ((r * shape.kernelWidth + s) * shape.inputChannels + c) * shape.outputChannels + k
    }

    public func forward(
        images: Int, input: UnsafePointer<Float>, prepared: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        forwardProduct.multiply(
            blocks: SampleBlocks.blocks(samples: images), source: input, packed: prepared, bias: bias, target: output)
    }

    public func backwardInput(
        images: Int, outputGradient: UnsafePointer<Float>, prepared: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        inputProduct.multiply(
            blocks: SampleBlocks.blocks(samples: images), source: outputGradient, packed: prepared, bias: nil, target: inputGradient
        )
    }

    /// Lanes are summed up once a call, after all of its blocks.
    public func backwardWeights(
        images: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
        biasGradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        let lanes = SampleBlocks.lanes
        let biasSums = scratch + weightProduct.sumCount
        scratch.update(repeating: 0, count: scratchCount)
        for block in 0..<SampleBlocks.blocks(samples: images) {
            weightProduct.add(
                input: input + block * shape.inputCount * lanes, gradient: outputGradient + block * shape.outputCount * lanes,
                to: scratch, biasSums: biasGradient == nil ? nil : biasSums)
        }
        addLaneSums(of: scratch, to: weightGradient, count: shape.weightCount)
        if let biasGradient { addLaneSums(of: biasSums, to: biasGradient, count: shape.outputChannels) }
    }
}
