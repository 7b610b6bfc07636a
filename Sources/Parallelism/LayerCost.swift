import Networks

/// What one layer with weights costs each of K ranks in a step on a global batch of N samples, by formulas alone.
///
/// - Replicated: its P gradients are summed in halves, shared out and gathered, 4·P·(K−1)/K bytes each way; parameters, gradients and
///   momentum are held, 12·P bytes.
/// - Sharded: the same bytes travel, gradients one way and parameters the other; of the momentum a K-th is held.
/// - Hybrid: in front of the first linear layer, as replicated. A linear layer of I inputs and O outputs holds a K-th of everything and,
///   to evaluate and to write checkpoints, 8·P bytes more; it sends 4·N·O·(K−1)/K bytes of outputs and 4·N·I·(K−1)/K of input gradients; the first one its inputs too, as many as their gradients.
public struct LayerCost: Sendable, Equatable {
    public let name: String
    public let parameters: Int
    /// By one rank in a step, as a mean over ranks.
    public let sentBytes: Double
    public let heldBytes: Double
    /// Forward and backward, without what is sent.
    let forwardSeconds: Double
    let backwardSeconds: Double
    /// Of the first half of its gradients' sum, and of what comes behind the update.
    let sumSeconds: Double
    let gatherSeconds: Double
    /// Nil in front of the first linear layer, and where linear layers are not divided.
    let linear: LinearTraffic?

    /// In a pass: activations that come and whose gradients return, for the first layer; what is waited for, for all.
    struct LinearTraffic: Sendable, Equatable {
        let activationSeconds: Double
        let returnSeconds: Double
        let waitSeconds: Double
    }

    /// All that a rank spends on the layer where nothing is hidden behind anything else.
    public func seconds(passes: Int) -> Double {
        let traffic = linear.map { $0.activationSeconds + $0.returnSeconds + $0.waitSeconds } ?? 0
        return forwardSeconds + backwardSeconds + sumSeconds + gatherSeconds + Double(passes) * traffic
    }
}

/// A model, and the ranks and samples that a step has.
struct StepLoad {
    let divided: DividedModel?
    let layers: [ResolvedLayer]
    let ranks: Int
    let globalBatch: Int
    let rates: RankRates

    /// The part of a buffer that is not a rank's own.
    private var others: Double { Double(ranks - 1) / Double(ranks) }
    private static let floatBytes = Double(MemoryLayout<Float>.stride)

    func costs(_ strategy: Strategy) -> [LayerCost] {
        layers.enumerated().map { index, layer in
            if case .hybrid(let scheme) = strategy, let number = divided?.linearNumber(of: layer.name) {
                return linearCost(layer, number, scheme)
            }
            return wholeCost(layer, strategy, isFirst: index == 0)
        }
    }

    /// Passes of the linear layers.
    func passes(_ strategy: Strategy) -> Int {
        switch strategy {
        case .replicated, .sharded, .hybrid(.a): 1
        case .hybrid: ranks
        }
    }

    private func wholeCost(_ layer: ResolvedLayer, _ strategy: Strategy, isFirst: Bool) -> LayerCost {
        let bytes = Self.floatBytes * Double(layer.parameterCount)
        let half = rates.seconds(sending: bytes * others, in: ranks - 1)
        let forward = forwardSeconds(layer)
        let isSharded = strategy == .sharded
        return LayerCost(
            name: layer.name, parameters: layer.parameterCount, sentBytes: 2 * bytes * others,
            heldBytes: bytes * (isSharded ? 2 + 1 / Double(ranks) : 3), forwardSeconds: forward,
            // The first layer's inputs are images, whose gradient nobody wants.
            backwardSeconds: (isFirst ? 1 : 2) * forward, sumSeconds: isSharded ? half : 2 * half,
            gatherSeconds: isSharded ? half : 0, linear: nil)
    }

    private func linearCost(_ layer: ResolvedLayer, _ number: Int, _ scheme: HybridScheme) -> LayerCost {
        let passes = self.passes(.hybrid(scheme))
        let inputs = Self.floatBytes * Double(globalBatch * layer.input.count) * others
        let outputs = Self.floatBytes * Double(globalBatch * layer.output.count) * others
        let isFirst = number == 0
        func waiting(_ bytes: Double) -> Double { rates.seconds(sending: bytes / Double(passes), in: ranks - 1) }
        // In scheme b one rank at a time sends, or receives, all of a pass: K times what a rank has of it on the mean.
        let crowd = scheme == .b ? Double(ranks) : 1
        let forward = forwardSeconds(layer)
        return LayerCost(
            name: layer.name, parameters: layer.parameterCount, sentBytes: outputs + inputs * (isFirst ? 2 : 1),
            heldBytes: (3 / Double(ranks) + 2) * Self.floatBytes * Double(layer.parameterCount), forwardSeconds: forward,
            backwardSeconds: 2 * forward, sumSeconds: 0, gatherSeconds: 0,
            linear: .init(
                activationSeconds: isFirst ? waiting(inputs * crowd) : 0, returnSeconds: isFirst ? waiting(inputs * crowd) : 0,
                waitSeconds: waiting(outputs) + (isFirst ? 0 : waiting(inputs))))
    }

    /// Of N/K samples through the whole layer, or of N through a K-th.
    private func forwardSeconds(_ layer: ResolvedLayer) -> Double {
        2 * Double(layer.multiplyAdds) * Double(globalBatch) / Double(ranks) / rates.arithmetic
    }
}
