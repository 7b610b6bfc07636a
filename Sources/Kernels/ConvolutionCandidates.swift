extension ConvolutionChoice {
    /// Every algorithm that takes the shape, the reference first: those that the table chooses among.
    public static func candidates(for shape: ConvolutionShape) -> [any ConvolutionAlgorithm] {
        let others: [(any ConvolutionAlgorithm)?] = [
            DirectConvolution(shape), PointwiseConvolution(shape), DenseConvolution(shape), DepthwiseConvolution(shape),
            Winograd.convolution(shape), SampleBlockedConvolution(shape),
        ]
        return [Im2colConvolution(shape)] + others.compactMap { $0 }
    }

    /// Those of them whose activations lie in `layout`.
    public static func candidates(for shape: ConvolutionShape, layout: TensorLayout) -> [any ConvolutionAlgorithm] {
        candidates(for: shape).filter { $0.layout == layout }
    }

    /// The names of all algorithms over pixels, whatever the shape.
    public static let pixelAlgorithms = [
        Im2colConvolution.name, DirectConvolution.name, PointwiseConvolution.name, DenseConvolution.name, DepthwiseConvolution.name,
        Winograd.name,
    ]
}
