/// Convolution 1×1 of stride 1 without padding and groups as one matrix product over all pixels of all images, by BLAS; nothing is copied.
///
///     Y [images·P·Q, K] = X [images·H·W, C] · W + bias          dW += Xᵀ·dY          dX = dY·Wᵀ
///
/// A fully connected layer is this over images of one pixel.
public struct PointwiseConvolution: ConvolutionAlgorithm {
    public static let name = "pointwise"

    public let shape: ConvolutionShape

    /// Nil where the shape is not 1×1 of stride 1 without padding and groups.
    public init?(_ shape: ConvolutionShape) {
        guard shape.kernelHeight == 1 && shape.kernelWidth == 1 && shape.stride == 1 && shape.groups == 1,
            shape.outputHeight == shape.height && shape.outputWidth == shape.width
        else { return nil }
        self.shape = shape
    }

    public var leastImages: Int { shape.isLinear ? .max : max(1, 128 / shape.outputPixels) }
    public var scratchCount: Int { 0 }

    public func forward(
        images: Int, input: UnsafePointer<Float>, prepared weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        if let bias { fillRows(output, rows: images * shape.outputPixels, with: bias, count: shape.outputChannels) }
        multiply(
            rows: images * shape.outputPixels, columns: shape.outputChannels, depth: shape.inputChannels,
            Matrix(input, stride: shape.inputChannels), Matrix(weights, stride: shape.outputChannels), accumulate: bias != nil,
            into: output, stride: shape.outputChannels)
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
            rows: shape.inputChannels, columns: shape.outputChannels, depth: images * shape.outputPixels,
            Matrix(input, stride: shape.inputChannels).transposed, Matrix(outputGradient, stride: shape.outputChannels),
            accumulate: true, into: weightGradient, stride: shape.outputChannels)
    }

    public func backwardInput(
        images: Int, outputGradient: UnsafePointer<Float>, prepared weights: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        multiply(
            rows: images * shape.outputPixels, columns: shape.inputChannels, depth: shape.outputChannels,
            Matrix(outputGradient, stride: shape.outputChannels), Matrix(weights, stride: shape.outputChannels).transposed,
            accumulate: false, into: inputGradient, stride: shape.inputChannels)
    }
}

extension ConvolutionShape {
    /// A fully connected layer: a 1×1 convolution of images of one pixel.
    public init(inputs: Int, outputs: Int) {
        self.init(height: 1, width: 1, inputChannels: inputs, kernelHeight: 1, kernelWidth: 1, outputChannels: outputs)
    }

    /// Whether it is a fully connected layer.
    public var isLinear: Bool { height == 1 && width == 1 && kernelHeight == 1 && kernelWidth == 1 }
}
