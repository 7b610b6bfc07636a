/// Convolution without a column matrix: third depth of im2col. A few images at a time are copied into a border of zeros, and each product
/// reads its rows there, where they lie.
///
///     Y = columns · W + bias          dW += columnsᵀ · dY          dX = Σ over taps of dY · Wᵀ
///
/// The gradient to the input is a convolution over the padded dY: one for each residue of the pixel's place modulo the stride, so that
/// no zeros are put between the values of dY.
public struct DirectConvolution: ConvolutionAlgorithm {
    public static let name = "direct"

    public let shape: ConvolutionShape
    private let imagesPerBlock: Int
    private let paddedInput: PaddedImages
    private let forwardProduct: IndirectProduct
    /// For 1, 2, … images of a block.
    private let forwardRows: [IndirectProduct.Rows]
    private let weightProduct: IndirectOuterProduct
    private let paddedGradient: PaddedImages
    private let phases: [Phase]

    /// The input pixels of one residue modulo the stride, and the taps that reach them.
    private struct Phase: Sendable {
        let product: IndirectProduct
        /// The kernel's (r, s) for each tap, in the order of the product's runs.
        let taps: [(r: Int, s: Int)]
        let rows: [IndirectProduct.Rows]
    }

    /// What a block's padded images may take up: half of a small second cache.
    private static let blockFloats = 40 * 1024
    private static let mostImages = 8
    /// Rows of the output that a block should have, all the same: fewer leave the last tile half empty, and read all weights too often.
    private static let blockRows = 128

    /// Nil where the shape asks for what this kernel does not do: groups, and images whose places are no 32-bit numbers.
    public init?(_ shape: ConvolutionShape) {
        let rowTaps = shape.kernelWidth * shape.inputChannels
        guard shape.groups == 1 else { return nil }
        let paddedInput = PaddedImages(forInputOf: shape)
        let paddedGradient = Self.paddedGradient(shape)
        let images = max(
            1,
            min(
                shape.inputCount == shape.inputChannels ? Self.blockRows : Self.mostImages,
                max(Self.blockFloats / max(paddedInput.count, paddedGradient.count), Self.blockRows / shape.outputPixels)))
        // Places are 32-bit numbers.
        guard images * max(paddedInput.count, paddedGradient.count, shape.inputCount, shape.outputCount) <= Int(Int32.max) else {
            return nil
        }
        self.shape = shape
        self.paddedInput = paddedInput
        self.paddedGradient = paddedGradient
        imagesPerBlock = images

        var runs: [Int32] = []
        for r in 0..<shape.kernelHeight {
            let row = r * shape.dilation * paddedInput.rowCount
            if shape.dilation == 1 {
                runs.append(Int32(row))
            } else {
                runs += (0..<shape.kernelWidth).map { Int32(row + $0 * shape.dilation * shape.inputChannels) }
            }
        }
        forwardProduct = IndirectProduct(
            runs: runs, runLength: shape.dilation == 1 ? rowTaps : shape.inputChannels, columns: shape.outputChannels)
        forwardRows = (1...images).map { images in
            IndirectProduct.Rows(
                (0..<images * shape.outputPixels).map { pixel in
                    let (image, place) = pixel.quotientAndRemainder(dividingBy: shape.outputPixels)
                    let (p, q) = place.quotientAndRemainder(dividingBy: shape.outputWidth)
                    let input =
                        image * paddedInput.count + p * shape.stride * paddedInput.rowCount + q * shape.stride * shape.inputChannels
                    return (input, pixel * shape.outputChannels)
                })
        }
        weightProduct = IndirectOuterProduct(
            rows: forwardRows[images - 1].inputs, runs: runs, runLength: forwardProduct.runLength, columns: shape.outputChannels,
            rowsPerBlock: 128)
        phases = (0..<shape.stride).flatMap { a in
            (0..<shape.stride).compactMap { b in
                Self.phase(shape, (a, b), padded: paddedGradient, images: images)
            }
        }
    }

    public var leastImages: Int {
        shape.outputPixels == 1 ? .max : min(imagesPerBlock, max(1, Self.blockRows / shape.outputPixels))
    }
    /// What products work in, a block's padded images, and its dY with channels filled up.
    public var scratchCount: Int {
        Self.workCount + imagesPerBlock * max(paddedInput.count, paddedGradient.count) + gradientCount + slack
    }
    private static let workCount = max(IndirectProduct.workCount, IndirectOuterProduct.workCount)
    /// A tile may look at so many floats behind the last one.
    private var slack: Int { IndirectOuterProduct.reach }
    /// Floats of a block's dY with its channels filled up to whole tiles; 0 where they are whole.
    private var gradientCount: Int {
        gradientStride == shape.outputChannels ? 0 : imagesPerBlock * shape.outputPixels * gradientStride
    }
    private var gradientStride: Int { weightProduct.gradientStride }

    public var forwardCount: Int { forwardProduct.packedCount }
    public var backwardCount: Int { phases.reduce(0) { $0 + $1.product.packedCount } }

    public func prepareForward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
        let product = forwardProduct
        product.pack(into: prepared) { run, t, k in weights[(run * product.runLength + t) * product.columns + k] }
    }

    public func prepareBackward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
        var target = prepared
        let outputs = shape.outputChannels
        for phase in phases {
            let tapsPerRun = phase.product.runLength / outputs
            phase.product.pack(into: target) { run, t, c in
                let tap = phase.taps[run * tapsPerRun + t / outputs]
                return weights[((tap.r * shape.kernelWidth + tap.s) * shape.inputChannels + c) * outputs + t % outputs]
            }
            target += phase.product.packedCount
        }
    }

    public func forward(
        images: Int, input: UnsafePointer<Float>, prepared: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        forEachBlock(images: images) { first, count in
            forwardProduct.multiply(
                forwardRows[count - 1], input: padded(images: count, input + first * shape.inputCount, in: scratch),
                packed: prepared, bias: bias, output: output + first * shape.outputCount, work: scratch, meanwhile: meanwhile)
            meanwhile()
        }
    }

    public func backwardInput(
        images: Int, outputGradient: UnsafePointer<Float>, prepared: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        if phases.count < shape.stride * shape.stride { inputGradient.update(repeating: 0, count: images * shape.inputCount) }
        forEachBlock(images: images) { first, count in
            let padded = scratch + Self.workCount
            paddedGradient.copy(images: count, outputGradient + first * shape.outputCount, to: padded)
            var packed = prepared
            for phase in phases {
                phase.product.multiply(
                    phase.rows[count - 1], input: padded, packed: packed, bias: nil,
                    output: inputGradient + first * shape.inputCount, work: scratch, meanwhile: meanwhile)
                packed += phase.product.packedCount
            }
            meanwhile()
        }
    }

    public func backwardWeights(
        images: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
        biasGradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        let filled = scratch + Self.workCount + imagesPerBlock * max(paddedInput.count, paddedGradient.count) + slack
        forEachBlock(images: images) { first, count in
            let padded =
                weightProduct.readsBehind
                ? copied(images: count, input + first * shape.inputCount, to: scratch)
                : padded(images: count, input + first * shape.inputCount, in: scratch)
            let rows = count * shape.outputPixels
            var gradient = outputGradient + first * shape.outputCount
            if let biasGradient { addRows(gradient, rows: rows, to: biasGradient, count: shape.outputChannels) }
            if gradientCount > 0 {
                copyRows(gradient, rows: rows, count: shape.outputChannels, to: filled, stride: gradientStride)
                gradient = UnsafePointer(filled)
            }
            weightProduct.add(
                rowCount: rows, input: padded, gradient: gradient, stride: gradientStride, to: weightGradient, work: scratch,
                meanwhile: meanwhile)
            meanwhile()
        }
    }

    /// The images with their border, where they have one; else as they lie.
    private func padded(
        images: Int, _ input: UnsafePointer<Float>, in scratch: UnsafeMutablePointer<Float>
    ) -> UnsafePointer<Float> {
        paddedInput.isPlain ? input : copied(images: images, input, to: scratch)
    }

    private func copied(
        images: Int, _ input: UnsafePointer<Float>, to scratch: UnsafeMutablePointer<Float>
    ) -> UnsafePointer<Float> {
        let padded = scratch + Self.workCount
        paddedInput.copy(images: images, input, to: padded)
        return UnsafePointer(padded)
    }

    @inline(__always)
    private func forEachBlock(images: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
        for first in stride(from: 0, to: images, by: imagesPerBlock) { body(first, min(imagesPerBlock, images - first)) }
    }

    /// Along one axis: the taps r with r·dilation ≡ residue, by falling r, and the place p that each reads for the first pixel:
    /// p = (h + before − r·dilation) / stride.
    private static func taps(
        kernel: Int, dilation: Int, stride: Int, before: Int, first: Int
    ) -> [(tap: Int, place: Int)] {
        (0..<kernel).reversed().compactMap { r in
            let distance = first + before - r * dilation
            // Swift's remainder has the sign of its dividend; only whether it is 0 counts.
            return distance % stride == 0 ? (r, distance / stride) : nil
        }
    }

    /// The border that the taps of all phases reach into.
    private static func paddedGradient(_ shape: ConvolutionShape) -> PaddedImages {
        func border(size: Int, kernel: Int, before: Int, outputs: Int) -> (before: Int, after: Int) {
            var (lowest, highest) = (0, outputs - 1)
            for first in 0..<min(shape.stride, size) {
                let last = (size - 1 - first) / shape.stride
                for tap in taps(kernel: kernel, dilation: shape.dilation, stride: shape.stride, before: before, first: first) {
                    lowest = min(lowest, tap.place)
                    highest = max(highest, tap.place + last)
                }
            }
            return (-lowest, highest - (outputs - 1))
        }
        let rows = border(size: shape.height, kernel: shape.kernelHeight, before: shape.paddingTop, outputs: shape.outputHeight)
        let columns = border(size: shape.width, kernel: shape.kernelWidth, before: shape.paddingLeft, outputs: shape.outputWidth)
        return PaddedImages(
            height: shape.outputHeight, width: shape.outputWidth, channels: shape.outputChannels, top: rows.before,
            left: columns.before, bottom: rows.after, right: columns.after)
    }

    /// Nil where no tap reaches these pixels, or there are none.
    private static func phase(
        _ shape: ConvolutionShape, _ first: (row: Int, column: Int), padded: PaddedImages, images: Int
    ) -> Phase? {
        let rows = taps(
            kernel: shape.kernelHeight, dilation: shape.dilation, stride: shape.stride, before: shape.paddingTop, first: first.row)
        let columns = taps(
            kernel: shape.kernelWidth, dilation: shape.dilation, stride: shape.stride, before: shape.paddingLeft,
            first: first.column)
        guard !rows.isEmpty, !columns.isEmpty, first.row < shape.height, first.column < shape.width else { return nil }
        let channels = shape.outputChannels
        // Taps that read neighbouring places are one run.
        let isContiguous = columns.count < 2 || columns[1].place - columns[0].place == 1
        var runs: [Int32] = []
        for row in rows {
            let start = (row.place + padded.top) * padded.rowCount
            for column in isContiguous ? columns.prefix(1) : columns[...] {
                runs.append(Int32(start + (column.place + padded.left) * channels))
            }
        }
        let product = IndirectProduct(
            runs: runs, runLength: (isContiguous ? columns.count : 1) * channels, columns: shape.inputChannels)
        let places = stride(from: first.row, to: shape.height, by: shape.stride).enumerated().flatMap { p, h in
            stride(from: first.column, to: shape.width, by: shape.stride).enumerated().map { q, w in
                (input: p * padded.rowCount + q * channels, output: (h * shape.width + w) * shape.inputChannels)
            }
        }
        let tables = (1...images).map { images in
            IndirectProduct.Rows(
                (0..<images).flatMap { image in
                    places.map { ($0.input + image * padded.count, $0.output + image * shape.inputCount) }
                })
        }
        return Phase(product: product, taps: rows.flatMap { row in columns.map { (row.tap, $0.tap) } }, rows: tables)
    }
}
