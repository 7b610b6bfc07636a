/// Which of a convolution's three products.
public enum ConvolutionDirection: String, Sendable, CaseIterable {
    case forward
    /// The gradient with respect to the input.
    case input
    /// The gradient with respect to the weights, and to the bias.
    case weights
}

extension ConvolutionChoice {
    public func algorithm(for direction: ConvolutionDirection) -> any ConvolutionAlgorithm {
        switch direction {
        case .forward: forward
        case .input: backwardInput
        case .weights: backwardWeights
        }
    }
}
