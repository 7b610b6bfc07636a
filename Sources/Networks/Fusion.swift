/// A layer and, perhaps, the ReLU beside it, which then needs no pass over memory of its own.
struct Fusion {
    let layer: ResolvedLayer
    /// Whether the outputs are max(0, those of the layer).
    var rectifies = false

    /// Fuses a chain: BatchNorm, a residual block's sum and max pooling take the ReLU behind them. A ReLU in front of max pooling goes behind
    /// it first: the largest of the rectified values is the rectified largest.
    static func rewrite(_ chain: [ResolvedLayer], fuses: Bool) -> [Fusion] {
        guard fuses else { return chain.map { Fusion(layer: $0) } }
        var chain = chain
        for place in chain.indices.dropLast() where chain[place].isReLU && chain[place + 1].isMaxPooling {
            chain.swapAt(place, place + 1)
        }
        var fused: [Fusion] = []
        for (place, layer) in chain.enumerated() {
            // A sum masks its gradient in place: not at the end of a branch, where the other branch needs it as it is.
            let isLast = place == chain.count - 1
            if layer.isReLU, let last = fused.last, last.layer.takesReLU, !(isLast && last.layer.isBlock) {
                fused[fused.count - 1].rectifies = true
            } else {
                fused.append(Fusion(layer: layer))
            }
        }
        return fused
    }
}

extension ResolvedLayer {
    fileprivate var isReLU: Bool { description == .relu }

    fileprivate var isMaxPooling: Bool { if case .maxPool = description { true } else { false } }

    fileprivate var isBlock: Bool { if case .residual = description { true } else { false } }

    fileprivate var takesReLU: Bool {
        switch description {
        case .batchNorm, .residual, .maxPool: true
        default: false
        }
    }
}
