/// Which algorithms a network's convolutions are computed by.
public enum ConvolutionPolicy: String, Sendable, Codable, CaseIterable {
    /// The fastest known for each layer's shape and direction.
    case automatic = "auto"
    /// The explicit column matrix and BLAS, everywhere: the reference.
    case im2col
}

/// The table: the algorithm of each direction, by shape. A pure function of shape and policy, so that all ranks compute alike.
public struct ConvolutionChoice: Sendable {
    public let forward: any ConvolutionAlgorithm
    public let backwardInput: any ConvolutionAlgorithm
    public let backwardWeights: any ConvolutionAlgorithm

    /// Weights up to which the direct kernels beat the column matrix: beyond, they no longer stay in the second cache.
    private static let directWeights = 512 * 1_024
    /// The same for the gradient to the weights, which is read and written again for every few rows.
    private static let directWeightGradient = 40 * 1_024

    public init(_ shape: ConvolutionShape, policy: ConvolutionPolicy = .automatic) {
        let reference = Im2colConvolution(shape)
        let direct = policy == .automatic ? DirectConvolution(shape) : nil
        func choose(_ candidate: (any ConvolutionAlgorithm)?, where isBetter: Bool) -> any ConvolutionAlgorithm {
            if isBetter, let candidate { candidate } else { reference }
        }
        forward = choose(direct, where: shape.weightCount <= Self.directWeights)
        backwardInput = choose(direct, where: shape.weightCount <= Self.directWeights)
        backwardWeights = choose(direct, where: shape.weightCount <= Self.directWeightGradient)
    }

    /// Floats of scratch for all three directions.
    public var scratchCount: Int { max(forward.scratchCount, backwardInput.scratchCount, backwardWeights.scratchCount) }
}
