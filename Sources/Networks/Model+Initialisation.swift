extension Model {
    /// The same network, whose convolutions and linear layers all begin like this; residual branches too.
    public func initialised(by initialisation: Initialisation) -> Model {
        var model = self
        model.layers = layers.map { $0.initialised(by: initialisation) }
        return model
    }
}

extension LayerDescription {
    fileprivate func initialised(by initialisation: Initialisation) -> LayerDescription {
        switch self {
        case .convolution(var layer):
            layer.initialisation = initialisation
            return .convolution(layer)
        case .linear(var layer):
            layer.initialisation = initialisation
            return .linear(layer)
        case .residual(var layer):
            layer.layers = layer.layers.map { $0.initialised(by: initialisation) }
            layer.shortcut = layer.shortcut.map { $0.initialised(by: initialisation) }
            return .residual(layer)
        case .maxPool, .averagePool, .globalAveragePool, .batchNorm, .relu, .dropout, .flatten, .padChannels: return self
        }
    }
}
