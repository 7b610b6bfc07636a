/// What a rank does for linear layers that are divided over the ranks. Layers and passes are counted from 0.
public enum LinearOperation: Sendable, Equatable, CustomStringConvertible {
    /// Every rank gets the labels of the whole global batch.
    case gatherLabels
    /// Begins to send what this rank gives to a pass, the outputs of its front, to all others, and to receive what they give.
    case startActivations(pass: Int)
    case finishActivations(pass: Int)
    /// A layer's own neurons for all samples of a pass.
    case forward(layer: Int, pass: Int)
    /// Every rank gets the outputs of all neurons of a layer.
    case gatherOutputs(layer: Int, pass: Int)
    /// Loss, hits and the loss's gradient, of all samples of a pass.
    case score(pass: Int)
    case backward(layer: Int, pass: Int)
    /// The ranks' gradients of a layer's inputs are summed; each rank gets those of its own neurons of the layer before.
    case sumInputGradients(layer: Int, pass: Int)
    /// Begins the sum over ranks of the gradients of a pass's activations; each rank gets those of its own samples.
    case startReturn(pass: Int)
    case finishReturn(pass: Int)
    /// One step of the optimiser for the linear layers, by the samples of a pass alone; their gradients are then cleared.
    case update(pass: Int)

    public var description: String {
        switch self {
        case .gatherLabels: "gather labels"
        case .startActivations(let pass): "start activations of pass \(pass)"
        case .finishActivations(let pass): "finish activations of pass \(pass)"
        case .forward(let layer, let pass): "forward linear layer \(layer), pass \(pass)"
        case .gatherOutputs(let layer, let pass): "gather outputs of linear layer \(layer), pass \(pass)"
        case .score(let pass): "score pass \(pass)"
        case .backward(let layer, let pass): "backward linear layer \(layer), pass \(pass)"
        case .sumInputGradients(let layer, let pass): "sum input gradients of linear layer \(layer), pass \(pass)"
        case .startReturn(let pass): "start return of pass \(pass)"
        case .finishReturn(let pass): "finish return of pass \(pass)"
        case .update(let pass): "update linear layers by pass \(pass)"
        }
    }
}

/// What a step program has to know of divided linear layers.
public struct LinearOutline: Sendable, Equatable {
    public let layers: Int
    public let passes: Int
    /// Floats at the beginning of the arena that hold their parameters, which are exchanged with nobody.
    public let parameterCount: Int
    /// Variable batch: their weights change behind each pass, all others once in a step.
    public let updatesEachPass: Bool

    public init(layers: Int, passes: Int, parameterCount: Int, updatesEachPass: Bool) {
        (self.layers, self.passes) = (layers, passes)
        (self.parameterCount, self.updatesEachPass) = (parameterCount, updatesEachPass)
    }

    /// All passes, between the way forward through the front and its way back. The next pass's activations, and the last one's gradients on
    /// their way back, travel while a pass is computed.
    var operations: [LinearOperation] {
        var operations: [LinearOperation] = [.gatherLabels, .startActivations(pass: 0)]
        for pass in 0..<passes {
            operations.append(.finishActivations(pass: pass))
            if pass + 1 < passes { operations.append(.startActivations(pass: pass + 1)) }
            for layer in 0..<layers {
                operations += [.forward(layer: layer, pass: pass), .gatherOutputs(layer: layer, pass: pass)]
            }
            operations.append(.score(pass: pass))
            for layer in (0..<layers).reversed() {
                operations.append(.backward(layer: layer, pass: pass))
                if layer > 0 { operations.append(.sumInputGradients(layer: layer, pass: pass)) }
            }
            if pass > 0 { operations.append(.finishReturn(pass: pass - 1)) }
            operations.append(.startReturn(pass: pass))
            if updatesEachPass { operations.append(.update(pass: pass)) }
        }
        return operations + [.finishReturn(pass: passes - 1)]
    }
}
