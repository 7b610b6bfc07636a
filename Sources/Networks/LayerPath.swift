/// A layer with weights, and the way to it from the images: the layers in front of it, within a residual block those of its branch.
public struct LayerPath: Sendable {
    public let layer: ResolvedLayer
    let leading: [ResolvedLayer]
    /// The BatchNorm that reads what the layer puts out and nothing else does.
    let normalisation: ResolvedLayer?

    /// What the layer's weights look like: [height, width, inputs, outputs], in the order of their parameter.
    public struct Filters: Sendable, Equatable {
        public let height: Int
        public let width: Int
        /// Channels that one filter reads: fewer than there are, in a convolution in groups.
        public let inputs: Int
        public let outputs: Int
        /// Whether they read the images themselves.
        public let readsImages: Bool
    }

    /// Nil for a linear layer that does not read the images: its inputs have no places.
    public var filters: Filters? {
        let readsImages = leading.allSatisfy { $0.description == .flatten }
        guard let shape = layer.parameters.first?.shape else { return nil }
        if shape.count == 4 {
            return Filters(height: shape[0], width: shape[1], inputs: shape[2], outputs: shape[3], readsImages: readsImages)
        }
        guard readsImages, shape.count == 2 else { return nil }
        let image = leading.first?.input ?? layer.input
        return Filters(height: image.height, width: image.width, inputs: image.channels, outputs: shape[1], readsImages: true)
    }
}

extension Model {
    /// The convolutions, in the order in which data reach them, but for shortcuts, which come behind their block.
    /// - Throws: as `resolvedLayers()`.
    public func convolutionPaths() throws -> [LayerPath] {
        try paths { if case .convolution = $0.description { true } else { false } }
    }

    /// The first layer that has filters which can be seen as images: a convolution, or a linear layer that reads the images; nil where
    /// there is none.
    /// - Throws: as `resolvedLayers()`.
    public func firstVisibleLayer() throws -> LayerPath? { try paths { !$0.parameters.isEmpty }.first { $0.filters != nil } }

    private func paths(to isWanted: (ResolvedLayer) -> Bool) throws -> [LayerPath] {
        var paths: [LayerPath] = []
        func walk(_ chain: [ResolvedLayer], behind leading: [ResolvedLayer]) {
            for (place, layer) in chain.enumerated() {
                let before = leading + chain[..<place]
                if isWanted(layer) {
                    let next = chain.dropFirst(place + 1).first
                    let normalisation = next.flatMap { if case .batchNorm = $0.description { $0 } else { nil } }
                    paths.append(LayerPath(layer: layer, leading: before, normalisation: normalisation))
                }
                walk(layer.layers, behind: before)
                walk(layer.shortcut, behind: before)
            }
        }
        walk(try resolvedLayers(), behind: [])
        return paths
    }
}

extension NetworkPart {
    /// The model cut behind one of its layers, with the BatchNorm behind it, if there is one, and a ReLU at the end, be it that the model has
    /// none there: max(0, what the layer gives). The parameters are the whole model's.
    ///
    /// - Throws: as `Model.resolvedLayers()`.
    public init(of model: Model, rectified path: LayerPath) throws {
        let layout = ParameterLayout(try model.resolvedLayers())
        let output = path.layer.output
        let rectifier = ResolvedLayer(
            name: "relu", description: .relu, input: output, output: output, parameters: [], layers: [], shortcut: [])
        let layers = path.leading + [path.layer] + [path.normalisation].compactMap(\.self) + [rectifier]
        self.init(of: model, layers, input: model.input, layout: layout)
    }
}
