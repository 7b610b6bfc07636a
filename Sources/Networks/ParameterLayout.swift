import Kernels
import Random

/// A named tensor of the arena.
public struct Parameter: Sendable, Equatable {
    /// Such as `convolution1.weight`.
    public let name: String
    /// [R, S, C/groups, K] for a convolution's weight, [inputs, outputs] for a linear layer's, [outputs] for a bias.
    public let shape: [Int]
    /// The first of its floats in every arena: parameters, gradients, optimiser states.
    public let offset: Int
    public let initialisation: Initialisation

    public var count: Int { shape.reduce(1, *) }
    public var range: Range<Int> { offset..<offset + count }
}

/// What a parameter holds before the first step.
public enum Initialisation: Sendable, Equatable {
    case zeros
    /// Uniform within ±1/√fan-in, weights and biases alike. Source: LeCun et al., "Efficient BackProp", 1998, section 4.6, in the form
    /// that is PyTorch's default, so that runs of both begin alike.
    case uniform(fanIn: Int)
}

/// Where every parameter stands in flat storage: one arena, ordered as backward finishes them (the last layer first), each tensor aligned
/// to a cache line. What lies between tensors is zero and stays zero.
public struct ParameterLayout: Sendable, Equatable {
    /// In the order of the model's layers.
    public let parameters: [Parameter]
    /// Floats of the whole arena, alignment included.
    public let arenaCount: Int

    init(_ layers: [ResolvedLayer]) {
        var offset = 0
        var placed: [[Parameter]] = []
        for layer in layers.reversed() {
            placed.append(
                layer.parameters.map { tensor in
                    defer { offset += AlignedFloats.rounded(tensor.shape.reduce(1, *)) }
                    return Parameter(
                        name: "\(layer.name).\(tensor.role)", shape: tensor.shape, offset: offset,
                        initialisation: tensor.initialisation)
                })
        }
        parameters = placed.reversed().flatMap { $0 }
        arenaCount = offset
    }

    /// The number of trained values, alignment not counted.
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

    /// Fills `arena` (of `arenaCount` floats) with initial values: a pure function of the seed and of each parameter's place in the model.
    public func initialise(_ arena: UnsafeMutablePointer<Float>, seed: UInt64) {
        arena.update(repeating: 0, count: arenaCount)
        let generator = CounterGenerator(seed: seed, purpose: .initialisation)
        for (ordinal, parameter) in parameters.enumerated() {
            guard case .uniform(let fanIn) = parameter.initialisation else { continue }
            let bound = 1 / Float(fanIn).squareRoot()
            for block in stride(from: 0, to: parameter.count, by: 4) {
                let values = (2 * generator.block(UInt32(block / 4), UInt32(ordinal), 0).unitFloats - 1) * bound
                for lane in 0..<min(4, parameter.count - block) { arena[parameter.offset + block + lane] = values[lane] }
            }
        }
    }
}
