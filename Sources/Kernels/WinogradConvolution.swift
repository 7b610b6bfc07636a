/// Convolution r×r of stride 1, without dilation and groups, by Winograd's F(m×m, r×r). Source: Lavin and Gray, CVPR 2016.
///
/// Outputs are cut into tiles of m×m, which take (m + r − 1)² products instead of m²·r² for each pair of channels; the sums over channels
/// (for the weights' gradient, over tiles) are as many matrix products. `ConvolutionChoice` says from which sizes on it is worth it: an
/// image of 2×2 leaves three quarters of a tile of 4×4 empty.
///
/// Layouts are those of `ConvolutionShape`. Any float pointer will do, but for scratch memory, which holds pointers too and is aligned as
/// they are; what does not begin on a cache line (64 bytes) costs up to twice the time.
///
/// Each form is a concrete type of its own, for which this protocol's functions, written here once, are compiled: those of one generic
/// type, called through `any ConvolutionAlgorithm`, are not specialised, and took 300 times as long.
///
/// # Rounding
/// Let u = 2⁻²⁴ and σ stand for root mean squares. Where values and errors are independent, product (i, j) of a tile has terms of the
/// size σ_x‖B_i‖‖B_j‖ · σ_w‖G_i‖‖G_j‖ (2-norms of rows of Bᵀ and G), n of which are summed and then weighed by Aᵀ. So
///
///     rms error of an output ≤ α · u · (n + 8) · σ_x · σ_w,    α = max_p Σ_i A_pi² ‖B_i‖² ‖G_i‖²,
///
/// where n is C (backward, K) and 8 stands for the roundings of the transforms. For the weights' gradient n is the number of tiles, and A
/// and G change places. A direct sum has r² in place of α.
///
///     F(4×4, 3×3)    α = 23.6, for the weights' gradient 26.0, in the worst case 2,900
///     F(4×4, 5×5)    α = 148.8, for the weights' gradient 143.8, in the worst case 158,000
///
/// Errors seen, of both: a fifth of this bound in root mean square, up to twice it for the worst element. That is, for 3×3, mostly 3 to 6
/// times what `Im2colConvolution` has, whose sums BLAS splits, and for 5×5 mostly 7 to 20 times. The bound for the worst case, which has
/// the product of the three matrices' squared infinity norms for α, is far from all that.
protocol WinogradConvolution: ConvolutionAlgorithm {
    associatedtype Form: WinogradForm
    var passes: WinogradPasses<Form> { get }
}

extension WinogradConvolution {
    static var name: String { Winograd.name }
    var shape: ConvolutionShape { passes.shape }

    /// For each call, the gradient to the weights transforms all of its sums back: little beside the products of so many tiles.
    var leastImages: Int { max(1, 128 / passes.weights.tilesPerImage) }
    var scratchCount: Int { max(passes.forward.scratchCount, passes.backward.scratchCount, passes.weights.scratchCount) }

    var forwardCount: Int { passes.forward.preparedCount }
    var backwardCount: Int { passes.backward.preparedCount }

    /// Transforms the weights [r, r, C, K] for `forward`.
    func prepareForward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
        passes.forward.prepare(into: prepared) { c, k, lanes, block in
            for tap in 0..<Form.taps * Form.taps {
                for row in 0..<WinogradPass<Form>.blockInputs {
                    let source = weights + (tap * shape.inputChannels + c + row) * shape.outputChannels + k
                    let target = block + (tap * WinogradPass<Form>.blockInputs + row) * KernelVector.scalarCount
                    prefetchForReading(source + WinogradPass<Form>.blockInputs * shape.outputChannels)
                    for lane in 0..<lanes { target[lane] = source[lane] }
                }
            }
        }
    }

    /// Transforms the weights [r, r, C, K] for `backwardInput`: rotated by half a turn, with C and K swapped.
    func prepareBackward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
        passes.backward.prepare(into: prepared) { k, c, lanes, block in
            for tap in 0..<Form.taps * Form.taps {
                for lane in 0..<lanes {
                    let rotated = Form.taps * Form.taps - 1 - tap
                    let source = weights + (rotated * shape.inputChannels + c + lane) * shape.outputChannels + k
                    let target = block + tap * WinogradPass<Form>.blockInputs * KernelVector.scalarCount + lane
                    for row in 0..<WinogradPass<Form>.blockInputs { target[row * KernelVector.scalarCount] = source[row] }
                }
            }
        }
    }

    func forward(
        images: Int, input: UnsafePointer<Float>, prepared: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        passes.forward.run(
            images: images, input: input, prepared: prepared, bias: bias, output: output, scratch: scratch, meanwhile: meanwhile)
    }

    func backwardInput(
        images: Int, outputGradient: UnsafePointer<Float>, prepared: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        passes.backward.run(
            images: images, input: outputGradient, prepared: prepared, bias: nil, output: inputGradient, scratch: scratch,
            meanwhile: meanwhile)
    }

    func backwardWeights(
        images: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
        weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?,
        scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void
    ) {
        if let biasGradient {
            addRows(outputGradient, rows: images * shape.outputPixels, to: biasGradient, count: shape.outputChannels)
        }
        passes.weights.run(
            images: images, input: input, outputGradient: outputGradient, weightGradient: weightGradient, scratch: scratch,
            meanwhile: meanwhile)
    }
}

/// The three directions of one shape.
struct WinogradPasses<Form: WinogradForm>: Sendable {
    let shape: ConvolutionShape
    let forward: WinogradPass<Form>
    let backward: WinogradPass<Form>
    let weights: WinogradWeightPass<Form>

    /// Nil where the shape is not r×r of stride 1 without dilation and groups, a padding is not 0…r − 1, or channels are no multiple of 8.
    init?(_ shape: ConvolutionShape) {
        guard
            shape.kernelHeight == Form.taps && shape.kernelWidth == Form.taps && shape.stride == 1 && shape.dilation == 1,
            shape.groups == 1, (0..<Form.taps).contains(shape.paddingTop) && (0..<Form.taps).contains(shape.paddingLeft),
            shape.inputChannels.isMultiple(of: 8) && shape.outputChannels.isMultiple(of: 8)
        else { return nil }
        self.shape = shape
        let input = WinogradPlane(height: shape.height, width: shape.width, channels: shape.inputChannels)
        let output = WinogradPlane(height: shape.outputHeight, width: shape.outputWidth, channels: shape.outputChannels)
        let (top, left) = (shape.paddingTop, shape.paddingLeft)
        forward = WinogradPass(input: input, output: output, top: top, left: left)
        backward = WinogradPass(input: output, output: input, top: Form.taps - 1 - top, left: Form.taps - 1 - left)
        weights = WinogradWeightPass(input: input, output: output, top: top, left: left)
    }
}
