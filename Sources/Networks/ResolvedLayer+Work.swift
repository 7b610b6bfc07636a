import Kernels

extension ResolvedLayer {
    /// A convolution's geometry over its input; nil for every other layer.
    public var convolutionShape: ConvolutionShape? {
        guard case .convolution(let description) = self.description else { return nil }
        return try? description.geometry(over: input)
    }
}

extension [ResolvedLayer] {
    /// The layers of this chain that take the images themselves: nobody asks for the gradient with respect to their input.
    public var readingImages: [ResolvedLayer] {
        guard let first = first(where: { $0.description != .flatten }) else { return [] }
        guard case .residual = first.description else { return [first] }
        return first.layers.readingImages + first.shortcut.readingImages
    }

    /// Multiply-adds of one sample's training step through convolutions and linear layers: once forward, once for the gradient of the
    /// weights, and once for that of the input, but where the input is the images. Counted as the direct algorithm takes them.
    public var stepMultiplyAdds: Int {
        3 * reduce(0) { $0 + $1.multiplyAdds } - readingImages.reduce(0) { $0 + $1.multiplyAdds }
    }
}
