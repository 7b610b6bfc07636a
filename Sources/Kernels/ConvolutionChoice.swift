/// Which algorithms a network's convolutions are computed by.
public enum ConvolutionPolicy: String, Sendable, Codable, CaseIterable {
    /// The fastest known for each layer's shape and direction.
    case automatic = "auto"
    /// The explicit column matrix and BLAS, everywhere: the reference.
    case im2col
}

/// The table: the algorithm of each direction, by shape and layout. A pure function of them, of the policy and of the vectors that `Kernels`
/// is built for, so that all ranks compute alike.
public struct ConvolutionChoice: Sendable, CustomStringConvertible {
    public private(set) var forward: any ConvolutionAlgorithm
    public private(set) var backwardInput: any ConvolutionAlgorithm
    public private(set) var backwardWeights: any ConvolutionAlgorithm

    /// Weights up to which the direct kernels beat the column matrix in the gradient to the weights, whose tiles of sums are read and written
    /// for every few rows: those of AVX-512 are twice as high, so need less of it. In the other two directions they beat it always.
    private static let directWeightGradient = (KernelVector.scalarCount == 16 ? 512 : 64) * 1_024
    /// The same for fully connected layers, whose inputs lie far apart from sample to sample.
    private static let linearWeightGradient = 64 * 1_024
    /// Floats of the dense matrix beyond which its reading would cost more than it saves.
    private static let denseMatrix = 8 * 1_024 * 1_024

    /// The layout in which a shape is computed fastest.
    public static func layout(of shape: ConvolutionShape, policy: ConvolutionPolicy = .automatic) -> TensorLayout {
        let (fewer, more) = (
            min(shape.inputChannels, shape.outputChannels), max(shape.inputChannels, shape.outputChannels)
        )
        let suits = policy == .automatic && shape.groups == 1 && fewer <= blockedFewer && more <= blockedMore
        return suits ? .sampleBlocks : .pixels
    }

    /// Channels on one side and on the other up to which samples fill lanes better than channels do.
    private static let blockedFewer = 8, blockedMore = 16

    public init(_ shape: ConvolutionShape, layout: TensorLayout = .pixels, policy: ConvolutionPolicy = .automatic) {
        let reference = Im2colConvolution(shape)
        (forward, backwardInput, backwardWeights) = (reference, reference, reference)
        // The same product without a copy; a fully connected layer has no column matrix at all.
        if let pointwise = PointwiseConvolution(shape), policy == .automatic || shape.isLinear {
            (forward, backwardInput, backwardWeights) = (pointwise, pointwise, pointwise)
        }
        guard policy == .automatic else { return }
        if layout == .sampleBlocks, let blocked = SampleBlockedConvolution(shape) {
            (forward, backwardInput, backwardWeights) = (blocked, blocked, blocked)
        } else if let depthwise = DepthwiseConvolution(shape) {
            (forward, backwardInput, backwardWeights) = (depthwise, depthwise, depthwise)
        } else if Self.suitsWinograd(shape), let winograd = Winograd.convolution(shape) {
            (forward, backwardInput, backwardWeights) = (winograd, winograd, winograd)
        } else if shape.inputCount * shape.outputCount <= Self.denseMatrix, let dense = DenseConvolution(shape) {
            (forward, backwardInput, backwardWeights) = (dense, dense, dense)
        } else if let direct = DirectConvolution(shape) {
            (forward, backwardInput) = (direct, direct)
            let limit = shape.isLinear ? Self.linearWeightGradient : Self.directWeightGradient
            if shape.weightCount <= limit { backwardWeights = direct }
        }
    }

    /// Whether Winograd's tiles of 4×4 outputs are full enough, and its products deep enough beside the transforms: 5×5 taps save so many
    /// multiplications that 8 channels are worth it.
    private static func suitsWinograd(_ shape: ConvolutionShape) -> Bool {
        let leastChannels = shape.kernelHeight < 5 ? 16 : 8
        return min(shape.outputHeight, shape.outputWidth) >= 3 && min(shape.inputChannels, shape.outputChannels) >= leastChannels
    }

    /// The algorithms that `table` names for the shape, else those that would be picked without it: for a shape of which it says nothing, for
    /// another layout than pixels, and where the policy is the reference. A name that takes no such shape changes nothing; networks
    /// refuse such tables.
    public init(_ shape: ConvolutionShape, layout: TensorLayout, policy: ConvolutionPolicy, table: KernelTable?) {
        self.init(shape, layout: layout, policy: policy)
        guard policy == .automatic, layout == .pixels, let named = table?[shape] else { return }
        let candidates = Self.candidates(for: shape, layout: layout)
        func candidate(_ direction: ConvolutionDirection) -> (any ConvolutionAlgorithm)? {
            candidates.first { type(of: $0).name == named[direction] }
        }
        forward = candidate(.forward) ?? forward
        backwardInput = candidate(.input) ?? backwardInput
        backwardWeights = candidate(.weights) ?? backwardWeights
    }

    /// The algorithms forward, and for the gradients of inputs and of weights.
    public var description: String { [forward, backwardInput, backwardWeights].map { type(of: $0).name }.joined(separator: ", ") }

    /// Floats of scratch for all three directions.
    public var scratchCount: Int { max(forward.scratchCount, backwardInput.scratchCount, backwardWeights.scratchCount) }
}
