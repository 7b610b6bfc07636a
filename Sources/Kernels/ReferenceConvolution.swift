/// Convolution by plain loops, summed in Double: the oracle that every other kernel is held against.
public enum ReferenceConvolution {
    /// Y ← X ∗ W + bias.
    public static func forward(
        _ shape: ConvolutionShape, images: Int, input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>?, output: UnsafeMutablePointer<Float>
    ) {
        forEachOutput(shape, images: images) { y, k in
            var sum = Double(bias?[k] ?? 0)
            forEachTap(shape, output: y, channel: k) { x, w in sum += Double(input[x]) * Double(weights[w]) }
            output[y] = Float(sum)
        }
    }

    /// dX ← the gradient with respect to the input, given dY: dX[x] = Σ dY[y]·W[w] over all (y, w) that read x.
    public static func backwardInput(
        _ shape: ConvolutionShape, images: Int, outputGradient: UnsafePointer<Float>, weights: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>
    ) {
        var sums = [Double](repeating: 0, count: images * shape.inputCount)
        forEachOutput(shape, images: images) { y, k in
            forEachTap(shape, output: y, channel: k) { x, w in sums[x] += Double(outputGradient[y]) * Double(weights[w]) }
        }
        for x in sums.indices { inputGradient[x] = Float(sums[x]) }
    }

    /// dW ← dW + Σ dY[y]·X[x], dbias ← dbias + Σ dY.
    public static func backwardWeights(
        _ shape: ConvolutionShape, images: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
        weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?
    ) {
        var sums = [Double](repeating: 0, count: shape.weightCount)
        var biasSums = [Double](repeating: 0, count: shape.outputChannels)
        forEachOutput(shape, images: images) { y, k in
            biasSums[k] += Double(outputGradient[y])
            forEachTap(shape, output: y, channel: k) { x, w in sums[w] += Double(outputGradient[y]) * Double(input[x]) }
        }
        for w in sums.indices { weightGradient[w] += Float(sums[w]) }
        if let biasGradient { for k in biasSums.indices { biasGradient[k] += Float(biasSums[k]) } }
    }

    /// Calls `body` with the offset of every output and its channel.
    private static func forEachOutput(_ shape: ConvolutionShape, images: Int, _ body: (_ y: Int, _ k: Int) -> Void) {
        for y in 0..<images * shape.outputCount { body(y, y % shape.outputChannels) }
    }

    /// Calls `body` with the offsets of every input inside the image that output `y` reads, and of the weight it is multiplied by.
    private static func forEachTap(_ shape: ConvolutionShape, output y: Int, channel k: Int, _ body: (_ x: Int, _ w: Int) -> Void) {
        let pixel = y / shape.outputChannels
        let (image, place) = pixel.quotientAndRemainder(dividingBy: shape.outputPixels)
        let (p, q) = place.quotientAndRemainder(dividingBy: shape.outputWidth)
        let firstChannel = k / shape.groupOutputs * shape.groupInputs
        for r in 0..<shape.kernelHeight {
            let row = p * shape.stride - shape.paddingTop + r * shape.dilation
            guard row >= 0 && row < shape.height else { continue }
            for s in 0..<shape.kernelWidth {
                let column = q * shape.stride - shape.paddingLeft + s * shape.dilation
                guard column >= 0 && column < shape.width else { continue }
                let x = ((image * shape.height + row) * shape.width + column) * shape.inputChannels + firstChannel
                let w = (r * shape.kernelWidth + s) * shape.groupInputs
                for c in 0..<shape.groupInputs { body(x + c, (w + c) * shape.outputChannels + k) }
            }
        }
    }
}
