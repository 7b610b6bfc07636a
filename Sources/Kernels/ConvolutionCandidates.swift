extension ConvolutionChoice {
    /// Every algorithm that takes the shape, the reference first: those that the table chooses among.
    public static func candidates(for shape: ConvolutionShape) -> [any ConvolutionAlgorithm] {
        let others: [(any ConvolutionAlgorithm)?] = [
            DirectConvolution(shape), PointwiseConvolution(shape), DenseConvolution(shape), DepthwiseConvolution(shape),
            WinogradConvolution(shape),
            SampleBlockedConvolution(shape),
        ]
        return [Im2colConvolution(shape)] + others.compactMap { $0 }
    }
}
