import Diagnostics
import Networks

/// The time of a step by one strategy, as the step's program lets computing and sending overlap; everything but convolutions, linear
/// layers and what travels is left out.
public struct StepPrediction: Sendable {
    public let strategy: Strategy
    public let layers: [LayerCost]
    /// Passes of the linear layers.
    public let passes: Int
    /// Of the whole step, and of it what is computed; the rest is waited.
    public let stepSeconds: Double
    public let computeSeconds: Double

    public var sentBytes: Double { layers.reduce(0) { $0 + $1.sentBytes } }
    public var heldBytes: Double { layers.reduce(0) { $0 + $1.heldBytes } }

    /// One for each strategy that is possible, in the order of `Strategy.allCases`; and why hybrid ones are not.
    ///
    /// - Throws: `Failure.usage` where the model does not fit together, or there are no ranks or samples.
    public static func all(
        for model: Model, ranks: Int, globalBatch: Int, rates: RankRates
    ) throws -> (predictions: [StepPrediction], refusal: Failure?) {
        guard ranks > 0, globalBatch >= ranks else {
            throw Failure(
                .usage, "found \(ranks) ranks for a global batch of \(globalBatch), expected at least one sample for each")
        }
        let layers = try model.resolvedLayers().flatMap(\.flattened).filter { $0.layers.isEmpty && $0.parameterCount > 0 }
        let (divided, refusal): (DividedModel?, Failure?)
        do { (divided, refusal) = (try DividedModel(model, parts: ranks), nil) } catch let failure as Failure {
            (divided, refusal) = (nil, failure)
        }
        let load = StepLoad(divided: divided, layers: layers, ranks: ranks, globalBatch: globalBatch, rates: rates)
        let possible = Strategy.allCases.filter { if case .hybrid = $0 { divided != nil } else { true } }
        return (possible.map { StepPrediction($0, load) }, refusal)
    }

    init(_ strategy: Strategy, _ load: StepLoad) {
        self.strategy = strategy
        (layers, passes) = (load.costs(strategy), load.passes(strategy))
        computeSeconds = layers.reduce(0) { $0 + $1.forwardSeconds + $1.backwardSeconds }
        let (whole, linear) = (layers.filter { $0.linear == nil }, layers.filter { $0.linear != nil })
        let before = whole.reduce(0) { $0 + $1.forwardSeconds } + Self.linearSeconds(linear, passes: passes)
        // On the way back each layer's sum begins behind its gradient, and one sum after another takes the link.
        var (computed, sent) = (before, before)
        for layer in whole.reversed() {
            computed += layer.backwardSeconds
            sent = max(sent, computed) + layer.sumSeconds
        }
        stepSeconds = max(computed, sent) + whole.reduce(0) { $0 + $1.gatherSeconds }
    }

    /// All passes of divided linear layers: the next activations, and the last gradients of activations, travel while a pass is computed.
    private static func linearSeconds(_ layers: [LayerCost], passes: Int) -> Double {
        let traffic = layers.compactMap(\.linear)
        let activations = traffic.reduce(0) { $0 + $1.activationSeconds }
        let returns = traffic.reduce(0) { $0 + $1.returnSeconds }
        let computing = layers.reduce(0) { $0 + $1.forwardSeconds + $1.backwardSeconds } / Double(passes)
        let waiting = traffic.reduce(0) { $0 + $1.waitSeconds }
        return (0..<passes).reduce(activations + returns) { total, pass in
            let beside = (pass + 1 < passes ? activations : 0) + (pass > 0 ? returns : 0)
            return total + max(computing, beside) + waiting
        }
    }
}
