import Diagnostics

/// A model whose linear layers are cut into parts by output neurons: what stands in front of the first one, the front, every part has
/// whole; of each linear layer, and of the ReLU and dropout behind it, it has the neurons ⌊outputs·p/P⌋ ..< ⌊outputs·(p+1)/P⌋.
///
/// Source: Krizhevsky, "One weird trick for parallelizing convolutional neural networks", arXiv:1404.5997, section 4.
public struct DividedModel: Sendable {
    public let model: Model
    public let parts: Int
    /// Of the whole model.
    public let layout: ParameterLayout
    private let front: [ResolvedLayer]
    /// Each linear layer with what is behind it, up to the next one.
    private let linear: [[ResolvedLayer]]

    /// - Throws: `Failure.usage` where the model has no linear layer behind others, where something behind it needs whole layers, or where
    ///   a linear layer has fewer outputs than there are parts; as `Model.resolvedLayers()`.
    public init(_ model: Model, parts: Int) throws {
        let layers = try model.resolvedLayers()
        guard let first = layers.firstIndex(where: \.isLinear) else {
            throw Failure(
                .usage, "model \(model.name) has no linear layer that ranks could divide; leave --parallelism at replicated")
        }
        let front = Array(layers[..<first])
        guard front.contains(where: { $0.description != .flatten }) else {
            throw Failure(
                .usage,
                "model \(model.name) begins with a linear layer: no layers stand in front of it for the ranks to share samples of; leave "
                    + "--parallelism at replicated")
        }
        var linear: [[ResolvedLayer]] = []
        for layer in layers[first...] {
            switch layer.description {
            case .linear(let description):
                guard description.outputs >= parts else {
                    throw Failure(
                        .usage,
                        "\(parts) ranks cannot divide the \(description.outputs) outputs of \(layer.name) of model \(model.name): start at "
                            + "most \(description.outputs), or leave --parallelism at replicated")
                }
                linear.append([layer])
            case .relu, .dropout, .flatten: linear[linear.count - 1].append(layer)
            default:
                throw Failure(
                    .usage,
                    "\(layer.name) of model \(model.name) stands behind a linear layer, of which each rank has only some outputs; there, "
                        + "linear, relu and dropout are possible; leave --parallelism at replicated")
            }
        }
        (self.model, self.parts, self.front, self.linear) = (model, parts, front, linear)
        layout = ParameterLayout(layers)
    }

    /// How many linear layers there are.
    public var linearCount: Int { linear.count }

    /// The number of a linear layer by its name; nil where it is in front of them, or none.
    public func linearNumber(of name: String) -> Int? { linear.firstIndex { $0[0].name == name } }

    /// Values per sample that linear layer `index` reads, for `linearCount` the outputs of the model.
    public func width(_ index: Int) -> Int { index < linear.count ? linear[index][0].input.count : model.classes }

    /// What a part has of the values that linear layer `index` puts out.
    public func neurons(ofLayer index: Int, part: Int) -> Range<Int> {
        Self.columns(of: width(index + 1), part: part, parts: parts)
    }

    static func columns(of outputs: Int, part: Int, parts: Int) -> Range<Int> {
        outputs * part / parts..<outputs * (part + 1) / parts
    }

    /// Where a part's parameters stand. In every part's arena the front, and each linear layer, begins at the same place.
    public func layout(ofPart part: Int) -> ParameterLayout {
        ParameterLayout(front + linear.indices.flatMap { slice(ofLayer: $0, part: part) })
    }

    /// So many floats at the beginning of a part's arena are of linear layers.
    public var linearFloats: Int { ParameterLayout(linear.indices.flatMap { slice(ofLayer: $0, part: 0) }).trainedCount }

    /// - Parameter layout: that of any part.
    public func frontPart(in layout: ParameterLayout) -> NetworkPart {
        NetworkPart(of: model, front, input: model.input, layout: layout)
    }

    /// Linear layer `index` with what is behind it, as `part` has it.
    public func linearPart(_ index: Int, part: Int, in layout: ParameterLayout) -> NetworkPart {
        let before = (front + linear[..<index].flatMap(\.self)).flatMap(\.flattened)
        return NetworkPart(
            of: model, slice(ofLayer: index, part: part), input: linear[index][0].input, layout: layout,
            firstDropout: before.count(where: \.isDropout), firstNeuron: neurons(ofLayer: index, part: part).lowerBound,
            givesInputGradients: true)
    }

    private func slice(ofLayer index: Int, part: Int) -> [ResolvedLayer] {
        let neurons = neurons(ofLayer: index, part: part)
        return linear[index].map { $0.slice(neurons.count, largest: (width(index + 1) + parts - 1) / parts) }
    }
}

extension ResolvedLayer {
    fileprivate var isLinear: Bool { if case .linear = description { true } else { false } }
    fileprivate var isDropout: Bool { if case .dropout = description { true } else { false } }

    /// This layer with `count` of its output neurons, and room for the parameters of `largest`.
    fileprivate func slice(_ count: Int, largest: Int) -> ResolvedLayer {
        let vector = TensorShape(vector: count)
        guard case .linear(var linear) = description else {
            return ResolvedLayer(
                name: name, description: description, input: vector, output: vector, parameters: [], layers: [], shortcut: [])
        }
        linear.outputs = count
        let tensors = parameters.map { tensor in
            let rows = tensor.shape.dropLast()
            var slice = Tensor(
                role: tensor.role, shape: rows + [count], initialisation: tensor.initialisation, fan: tensor.fan,
                isWeight: tensor.isWeight)
            slice.room = rows.reduce(largest, *)
            return slice
        }
        return ResolvedLayer(
            name: name, description: .linear(linear), input: input, output: vector, parameters: tensors, layers: [], shortcut: [])
    }
}
