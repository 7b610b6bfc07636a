/// The algorithms of a network's convolutions, by name; they go over those that `ConvolutionChoice` would pick by itself.
///
/// It knows shapes by their descriptions, so that it can be written down and read by people. It says nothing of layers in sample blocks,
/// which have one algorithm alone.
public struct KernelTable: Sendable, Equatable {
    /// One shape's algorithms: the names of `ConvolutionAlgorithm`.
    public struct Algorithms: Sendable, Equatable {
        public var forward: String, input: String, weights: String

        public init(forward: String, input: String, weights: String) {
            (self.forward, self.input, self.weights) = (forward, input, weights)
        }

        /// Those of a choice.
        public init(_ choice: ConvolutionChoice) {
            self.init(
                forward: type(of: choice.forward).name, input: type(of: choice.backwardInput).name,
                weights: type(of: choice.backwardWeights).name)
        }

        public subscript(direction: ConvolutionDirection) -> String {
            get {
                switch direction {
                case .forward: forward
                case .input: input
                case .weights: weights
                }
            }
            set {
                switch direction {
                case .forward: forward = newValue
                case .input: input = newValue
                case .weights: weights = newValue
                }
            }
        }
    }

    /// By the description of the shape.
    public var entries: [String: Algorithms]

    public init(_ entries: [String: Algorithms] = [:]) { self.entries = entries }

    /// Nil where the table says nothing of the shape.
    public subscript(shape: ConvolutionShape) -> Algorithms? {
        get { entries[shape.description] }
        set { entries[shape.description] = newValue }
    }
}
