import Kernels
import Random

/// A named tensor of the arena.
public struct Parameter: Sendable, Equatable {
    /// Such as `convolution1.weight`.
    public let name: String
    /// [R, S, C/groups, K] for a convolution's weight, [inputs, outputs] for a linear layer's, [channels] for all others.
    public let shape: [Int]
    /// The first of its floats in every arena: parameters, gradients, optimiser states.
    public let offset: Int
    let initialisation: Initialisation
    let fan: Fan
    /// Whether it is a weight that multiplies inputs, rather than a bias or a parameter of BatchNorm.
    public let isWeight: Bool

    public var count: Int { shape.reduce(1, *) }
    public var range: Range<Int> { offset..<offset + count }
}

/// The running statistics of one BatchNorm layer: two tensors of the arena, updated once per step from sums in the gradients' arena.
public struct RunningStatistics: Sendable, Equatable {
    public let mean: Parameter
    public let variance: Parameter
    /// Pixels of each sample that statistics are taken over.
    public let positions: Int
    let momentum: Float
}

/// Where every tensor stands in flat storage: one arena, ordered as backward finishes it (the last layer first), each tensor aligned to a
/// cache line; the running statistics behind all parameters. What lies between tensors is zero and stays zero.
public struct ParameterLayout: Sendable, Equatable {
    /// What is trained, in the order of the model's layers.
    public let parameters: [Parameter]
    public let statistics: [RunningStatistics]
    /// Floats of the parameters alone: what the optimiser updates.
    public let trainedCount: Int
    /// Floats of the whole arena, alignment included.
    public let arenaCount: Int

    init(_ layers: [ResolvedLayer]) {
        var offset = 0
        func place(_ tensor: ResolvedLayer.Tensor, of layer: ResolvedLayer) -> Parameter {
            defer { offset += AlignedFloats.rounded(tensor.room ?? tensor.shape.reduce(1, *)) }
            return Parameter(
                name: "\(layer.name).\(tensor.role)", shape: tensor.shape, offset: offset, initialisation: tensor.initialisation,
                fan: tensor.fan, isWeight: tensor.isWeight)
        }
        let flat = layers.flatMap(\.flattened)
        var placed: [[Parameter]] = []
        for layer in flat.reversed() { placed.append(layer.parameters.map { place($0, of: layer) }) }
        parameters = placed.reversed().flatMap { $0 }
        trainedCount = offset
        var statistics: [RunningStatistics] = []
        for layer in flat {
            guard case .batchNorm(let description) = layer.description else { continue }
            let channels = [layer.input.channels]
            statistics.append(
                RunningStatistics(
                    mean: place(.init(role: "running-mean", shape: channels, initialisation: .zeros), of: layer),
                    variance: place(.init(role: "running-variance", shape: channels, initialisation: .ones), of: layer),
                    positions: layer.input.height * layer.input.width, momentum: Float(description.momentum)))
        }
        self.statistics = statistics
        arenaCount = offset
    }

    /// The number of trained values, alignment not counted.
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

    /// All that a checkpoint holds: parameters and running statistics.
    public var tensors: [Parameter] { parameters + statistics.flatMap { [$0.mean, $0.variance] } }

    /// Fills `arena` (of `arenaCount` floats) with initial values: a pure function of the seed and of each parameter's place in the model.
    public func initialise(_ arena: UnsafeMutablePointer<Float>, seed: UInt64) {
        arena.update(repeating: 0, count: arenaCount)
        let generator = CounterGenerator(seed: seed, purpose: .initialisation)
        for (ordinal, tensor) in tensors.enumerated() {
            tensor.initialisation.fill(
                arena + tensor.offset, count: tensor.count, fan: tensor.fan, generator: generator, ordinal: ordinal)
        }
    }

    /// Updates all running statistics from the sums that `gradients` holds over a global batch of `samples`.
    public func updateStatistics(parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, samples: Int) {
        for layer in statistics {
            BatchNormalisation.updateRunning(
                rows: samples * layer.positions, channels: layer.mean.count, momentum: layer.momentum,
                firstSums: gradients + layer.mean.offset, secondSums: gradients + layer.variance.offset,
                runningMean: parameters + layer.mean.offset, runningVariance: parameters + layer.variance.offset)
        }
    }
}
