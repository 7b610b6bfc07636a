import Networks

extension Model {
    /// The same network with its BatchNorms taken out; convolutions that had one behind them get a bias instead of its shift.
    func withoutBatchNorm() -> Model { changed { $0.withoutBatchNorm() } }

    /// The same layers one behind the other, with nothing led past them.
    func withoutResiduals() -> Model {
        changed { layers in
            layers.flatMap { layer in
                if case .residual(let block) = layer { block.layers } else { [layer] }
            }
        }
    }

    /// Dropout in front of the last linear layer.
    func withDropout(_ rate: Double) -> Model {
        changed { $0.dropLast() + [.dropout(.init(rate: rate))] + $0.suffix(1) }
    }

    /// One residual block a stage: those that follow another block and keep its shape are left out, each with the ReLU behind it.
    func shallower() -> Model {
        changed { layers in
            var kept: [LayerDescription] = []
            var index = 0
            while index < layers.count {
                let isSecond = index >= 2 && layers[index - 2].isResidual
                if case .residual(let block) = layers[index], block.shortcut.isEmpty, isSecond {
                    index += 2
                } else {
                    kept.append(layers[index])
                    index += 1
                }
            }
            return kept
        }
    }

    /// Twice as many convolutions: behind each with its BatchNorm and ReLU another one of 3×3 that keeps the shape.
    func deeper() -> Model {
        changed { layers in
            var deeper: [LayerDescription] = []
            var open: [LayerDescription] = []
            for layer in layers {
                deeper.append(layer)
                switch layer {
                case .convolution(var convolution):
                    (convolution.kernel, convolution.stride, convolution.padding) = (3, 1, .same)
                    open = [.convolution(convolution)]
                case .batchNorm: if !open.isEmpty { open.append(layer) }
                case .relu:
                    if !open.isEmpty { deeper += open + [.relu] }
                    open = []
                default: open = []
                }
            }
            return deeper
        }
    }

    private func changed(_ change: ([LayerDescription]) -> [LayerDescription]) -> Model {
        var model = self
        model.layers = change(layers)
        return model
    }
}

extension LayerDescription {
    fileprivate var isResidual: Bool { if case .residual = self { true } else { false } }
}

extension [LayerDescription] {
    fileprivate func withoutBatchNorm() -> [LayerDescription] {
        compactMap { layer in
            switch layer {
            case .batchNorm: return nil
            case .convolution(var convolution):
                convolution.bias = true
                return .convolution(convolution)
            case .residual(var block):
                block.layers = block.layers.withoutBatchNorm()
                block.shortcut = block.shortcut.withoutBatchNorm()
                return .residual(block)
            default: return layer
            }
        }
    }
}
