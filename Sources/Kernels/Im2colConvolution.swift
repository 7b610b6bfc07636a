/// Convolution by an explicit column matrix and BLAS's matrix product: first depth of im2col.
///
/// The column matrix of a few images has a row for each output pixel and a column for each tap:
/// columns[p·Q + q, (r·S + s)·C + c] = X[p·stride − top + r·dilation, q·stride − left + s·dilation, c]. Then
///
///     Y = columns · W + bias          dW += columnsᵀ · dY          dX = col2im(dY · Wᵀ)
///
/// where col2im adds every column entry's gradient to the input that it was copied from. Images are taken in blocks whose column matrix
/// fits in a quarter of a megabyte, or one by one. The block depends on the layer's shape alone, so the order of all sums depends only on the images given.
public struct Im2colConvolution: ConvolutionAlgorithm {
    public static let name = "im2col"
    public let shape: ConvolutionShape
    /// Images whose columns are worked on together.
    public let imagesPerBlock: Int

    private static let blockFloats = 64 * 1024

    public init(_ shape: ConvolutionShape) {
        self.shape = shape
        imagesPerBlock = max(1, Self.blockFloats / max(1, shape.outputPixels * shape.taps))
    }

    public var leastImages: Int { imagesPerBlock }
    public var scratchCount: Int { imagesPerBlock * shape.outputPixels * shape.taps }

    /// Y ← X ∗ W + bias, for [images, H, W, C] to [images, P, Q, K]. `columns` holds `scratchCount` floats.
    public func forward(
        images: Int, input: UnsafePointer<Float>, prepared weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Float>, scratch columns: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        if let bias { fillRows(output, rows: images * shape.outputPixels, with: bias, count: shape.outputChannels) }
        forEachBlock(images: images) { first, count in
            let rows = count * shape.outputPixels
            for group in 0..<shape.groups {
                gather(images: count, input + first * shape.inputCount, group: group, into: columns)
                multiply(
                    rows: rows, columns: shape.groupOutputs, depth: shape.taps, Matrix(columns, stride: shape.taps),
                    Matrix(weights + group * shape.groupOutputs, stride: shape.outputChannels),
                    accumulate: bias != nil, into: output + first * shape.outputCount + group * shape.groupOutputs,
                    stride: shape.outputChannels)
            }
            meanwhile()
        }
    }

    /// dW ← dW + columnsᵀ·dY, dbias ← dbias + Σ dY.
    public func backwardWeights(
        images: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
        biasGradient: UnsafeMutablePointer<Float>?, scratch columns: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        if let biasGradient {
            addRows(outputGradient, rows: images * shape.outputPixels, to: biasGradient, count: shape.outputChannels)
        }
        forEachBlock(images: images) { first, count in
            for group in 0..<shape.groups {
                gather(images: count, input + first * shape.inputCount, group: group, into: columns)
                multiply(
                    rows: shape.taps, columns: shape.groupOutputs, depth: count * shape.outputPixels,
                    Matrix(columns, stride: shape.taps).transposed,
                    Matrix(outputGradient + first * shape.outputCount + group * shape.groupOutputs, stride: shape.outputChannels),
                    accumulate: true, into: weightGradient + group * shape.groupOutputs, stride: shape.outputChannels)
            }
            meanwhile()
        }
    }

    /// dX ← col2im(dY·Wᵀ).
    public func backwardInput(
        images: Int, outputGradient: UnsafePointer<Float>, prepared weights: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>, scratch columns: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        inputGradient.update(repeating: 0, count: images * shape.inputCount)
        forEachBlock(images: images) { first, count in
            for group in 0..<shape.groups {
                multiply(
                    rows: count * shape.outputPixels, columns: shape.taps, depth: shape.groupOutputs,
                    Matrix(outputGradient + first * shape.outputCount + group * shape.groupOutputs, stride: shape.outputChannels),
                    Matrix(weights + group * shape.groupOutputs, stride: shape.outputChannels).transposed,
                    accumulate: false, into: columns, stride: shape.taps)
                scatter(images: count, columns, group: group, addingTo: inputGradient + first * shape.inputCount)
            }
            meanwhile()
        }
    }

    private func forEachBlock(images: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
        var first = 0
        while first < images {
            let count = min(imagesPerBlock, images - first)
            body(first, count)
            first += count
        }
    }

    /// im2col of one group's channels.
    private func gather(images: Int, _ input: UnsafePointer<Float>, group: Int, into columns: UnsafeMutablePointer<Float>) {
        forEachRun(images: images, group: group) { column, x, count in
            if let x {
                copyRun(input + x, to: columns + column, count: count)
            } else {
                for i in 0..<count { columns[column + i] = 0 }
            }
        }
    }

    /// col2im of one group's channels: the transpose of `gather`.
    private func scatter(images: Int, _ columns: UnsafePointer<Float>, group: Int, addingTo input: UnsafeMutablePointer<Float>) {
        forEachRun(images: images, group: group) { column, x, count in
            guard let x else { return }
            addRun(columns + column, to: input + x, count: count)
        }
    }

    /// Walks the column matrix as runs of contiguous floats: `body(column, x, count)` says that `count` columns from offset `column` are
    /// the inputs from offset `x`, or lie outside the image where x is nil.
    @inline(__always)
    private func forEachRun(images: Int, group: Int, _ body: (_ column: Int, _ x: Int?, _ count: Int) -> Void) {
        let channels = shape.groupInputs
        let rowTaps = shape.kernelWidth * channels
        // The output columns whose window lies inside the image, where neighbouring taps of a row are neighbours in the input too.
        let inside = shape.dilation == 1 && shape.groups == 1 ? insideColumns : 0..<0
        for image in 0..<images {
            for p in 0..<shape.outputHeight {
                let firstColumn = (image * shape.outputPixels + p * shape.outputWidth) * shape.taps
                for r in 0..<shape.kernelHeight {
                    let row = p * shape.stride - shape.paddingTop + r * shape.dilation
                    let column = firstColumn + r * rowTaps
                    if row < 0 || row >= shape.height {
                        for q in 0..<shape.outputWidth { body(column + q * shape.taps, nil, rowTaps) }
                        continue
                    }
                    let rowStart = (image * shape.height + row) * shape.width
                    for q in inside {
                        body(column + q * shape.taps, (rowStart + q * shape.stride - shape.paddingLeft) * channels, rowTaps)
                    }
                    for q in 0..<shape.outputWidth where !inside.contains(q) {
                        let left = q * shape.stride - shape.paddingLeft
                        for s in 0..<shape.kernelWidth {
                            let place = left + s * shape.dilation
                            let x = (rowStart + place) * shape.inputChannels + group * channels
                            body(column + q * shape.taps + s * channels, place >= 0 && place < shape.width ? x : nil, channels)
                        }
                    }
                }
            }
        }
    }

    /// The output columns q with 0 ≤ q·stride − left and q·stride − left + S ≤ width.
    private var insideColumns: Range<Int> {
        let first = (shape.paddingLeft + shape.stride - 1) / shape.stride
        let room = shape.width + shape.paddingLeft - shape.kernelWidth
        let end = room < 0 ? 0 : min(room / shape.stride + 1, shape.outputWidth)
        return first < end ? first..<end : 0..<0
    }
}
