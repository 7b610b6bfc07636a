/// One way of computing a convolution's three products.
///
/// Weights may be laid out anew for a direction: once a step, by the two `prepare` functions. Where nothing is laid out (the count is 0),
/// that direction takes the weights [R, S, C/groups, K] as they stand.
///
/// Products call `meanwhile` now and then, so that what goes on beside them, such as messages, may be looked after: the direct, Winograd and
/// im2col ones between blocks of a millisecond or so; the others, which are one call of BLAS or short, do not.
public protocol ConvolutionAlgorithm: Sendable {
    var shape: ConvolutionShape { get }
    /// Its name in tables and on the command line.
    static var name: String { get }
    /// The fewest images that one call had better be given, because it reads all weights, or all of their gradient, again; `Int.max` for as
    /// many as there are.
    var leastImages: Int { get }
    /// How its activations and their gradients lie in memory; "images" below are samples of either layout.
    var layout: TensorLayout { get }
    /// Floats of scratch that each of the three functions below needs.
    var scratchCount: Int { get }
    /// Floats of the weights as `prepareForward` lays them out.
    var forwardCount: Int { get }
    /// Floats of the weights as `prepareBackward` lays them out.
    var backwardCount: Int { get }

    /// Lays the weights [R, S, C/groups, K] out for `forward`.
    func prepareForward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>)
    /// Lays the weights out for `backwardInput`.
    func prepareBackward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>)

    /// Y ← X ∗ W + bias, for [images, H, W, C] to [images, P, Q, K], or sample blocks of them.
    func forward(
        images: Int, input: UnsafePointer<Float>, prepared: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void)

    /// dX ← the gradient with respect to the input, given dY.
    func backwardInput(
        images: Int, outputGradient: UnsafePointer<Float>, prepared: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void)

    /// dW ← dW + the gradient with respect to the weights, dbias ← dbias + Σ dY.
    func backwardWeights(
        images: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
        biasGradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>, meanwhile: () -> Void)
}

extension ConvolutionAlgorithm {
    public var leastImages: Int { 1 }
    public var layout: TensorLayout { .pixels }
    public var forwardCount: Int { 0 }
    public var backwardCount: Int { 0 }
    public func prepareForward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {}
    public func prepareBackward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {}
}
