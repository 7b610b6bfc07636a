/// What a plan is compiled from: a whole model, or some of its layers that follow one another.
public struct NetworkPart: Sendable {
    public let model: Model
    public let layers: [ResolvedLayer]
    public let input: TensorShape
    public let layout: ParameterLayout
    /// How many dropout layers of the model stand in front of it, and the place of its first neuron among all those of the layer that it is
    /// a slice of: draws are keyed by both, so that it draws what the whole model would.
    let firstDropout: Int
    let firstNeuron: Int
    /// Whether its inputs are another part's outputs, so that their gradient is asked for.
    let givesInputGradients: Bool

    /// Values per sample that come out.
    public var outputCount: Int { layers.last?.output.count ?? input.count }

    /// - Throws: as `Model.resolvedLayers()`.
    public init(_ model: Model) throws {
        let layers = try model.resolvedLayers()
        self.init(of: model, layers, input: model.input, layout: ParameterLayout(layers))
    }

    init(
        of model: Model, _ layers: [ResolvedLayer], input: TensorShape, layout: ParameterLayout, firstDropout: Int = 0,
        firstNeuron: Int = 0, givesInputGradients: Bool = false
    ) {
        (self.model, self.layers, self.input, self.layout) = (model, layers, input, layout)
        (self.firstDropout, self.firstNeuron, self.givesInputGradients) = (firstDropout, firstNeuron, givesInputGradients)
    }
}
