import Foundation
import Random

@testable import Networks

/// A model's forward pass by plain loops in Double: the oracle whose central differences our gradients are held against.
struct DoubleNetwork {
    let model: Model
    let layers: [ResolvedLayer]
    private let offsets: [String: Int]

    init(_ model: Model, layout: ParameterLayout) throws {
        self.model = model
        layers = try model.resolvedLayers()
        offsets = Dictionary(uniqueKeysWithValues: layout.parameters.map { ($0.name, $0.offset) })
    }

    struct Result {
        /// [samples, classes].
        var logits: [Double]
        /// The summed loss.
        var loss: Double
        /// The smallest distance of any value from a kink, of those that do not stand on one: |x| before a ReLU, and the lead of a window's
        /// largest value. Where it is within rounding, Float may take the other side.
        var margin: Double
    }

    func run(parameters: [Double], images: [Double], labels: [Int], mode: Plan.Mode) -> Result {
        let samples = labels.count
        var x = images
        var margin = Double.infinity
        var ordinal = 0
        for layer in layers {
            let weight = offsets["\(layer.name).weight", default: 0]
            let bias = offsets["\(layer.name).bias"]
            switch layer.description {
            case .flatten: continue
            case .relu:
                margin = min(margin, x.reduce(.infinity) { $1 == 0 ? $0 : min($0, abs($1)) })
                x = x.map { max($0, 0) }
            case .convolution(let convolution):
                x = convolved(x, convolution, layer, samples, weights: parameters[weight...], bias: bias.map { parameters[$0...] })
            case .linear(let linear):
                x = (0..<samples * linear.outputs).map { y in
                    let (n, k) = y.quotientAndRemainder(dividingBy: linear.outputs)
                    return (0..<layer.input.count).reduce(bias.map { parameters[$0 + k] } ?? 0) {
                        $0 + x[n * layer.input.count + $1] * parameters[weight + $1 * linear.outputs + k]
                    }
                }
            case .maxPool(let pool):
                x = pooled(x, pool, layer, samples) { window in
                    let sorted = window.sorted(by: >)
                    if sorted.count > 1 && sorted[0] > sorted[1] { margin = min(margin, sorted[0] - sorted[1]) }
                    return sorted[0]
                }
            case .averagePool(let pool):
                x = pooled(x, pool, layer, samples) { $0.reduce(0, +) / Double(pool.size * pool.size) }
            case .dropout(let dropout):
                if case .training(let seed, let step) = mode {
                    let kept = Self.kept(
                        samples: samples, count: layer.input.count, rate: dropout.rate, ordinal: ordinal, seed: seed, step: step)
                    x = zip(x, kept).map { $1 ? $0 / (1 - dropout.rate) : 0 }
                }
            }
            ordinal += 1
        }
        let loss = labels.enumerated().reduce(0.0) { sum, sample in
            let row = x[sample.offset * model.classes..<(sample.offset + 1) * model.classes]
            let largest = row.max() ?? 0
            return sum + log(row.reduce(0) { $0 + exp($1 - largest) }) + largest - row[row.startIndex + sample.element]
        }
        return Result(logits: x, loss: loss, margin: margin)
    }

    /// What dropout keeps, as it was laid down: Philox at (layer in the upper 8 bits over neurons in fours, place in the global batch, step).
    /// The layer's ordinal counts all layers in front of it but flatten.
    static func kept(samples: Int, count: Int, rate: Double, ordinal: Int, seed: UInt64, step: Int) -> [Bool] {
        let generator = CounterGenerator(seed: seed, purpose: .dropout)
        return (0..<samples * count).map { place in
            let (sample, neuron) = place.quotientAndRemainder(dividingBy: count)
            let words = generator.block(UInt32(ordinal << 24 + neuron / 4), UInt32(sample), UInt32(step))
            return words[neuron % 4] >= UInt32(rate * 0x1p32)
        }
    }

    private func convolved(
        _ x: [Double], _ convolution: LayerDescription.Convolution, _ layer: ResolvedLayer, _ samples: Int,
        weights: ArraySlice<Double>,
        bias: ArraySlice<Double>?
    ) -> [Double] {
        let groupInputs = layer.input.channels / convolution.groups
        let groupOutputs = convolution.channels / convolution.groups
        return outputs(of: layer, samples) { n, p, q, k in
            var sum = bias.map { $0[$0.startIndex + k] } ?? 0
            for r in 0..<convolution.kernel {
                let h = p * convolution.stride - convolution.padding + r * convolution.dilation
                if h < 0 || h >= layer.input.height { continue }
                for s in 0..<convolution.kernel {
                    let w = q * convolution.stride - convolution.padding + s * convolution.dilation
                    if w < 0 || w >= layer.input.width { continue }
                    let pixel = ((n * layer.input.height + h) * layer.input.width + w) * layer.input.channels
                    let tap = weights.startIndex + (r * convolution.kernel + s) * groupInputs * convolution.channels + k
                    for c in 0..<groupInputs {
                        sum += x[pixel + k / groupOutputs * groupInputs + c] * weights[tap + c * convolution.channels]
                    }
                }
            }
            return sum
        }
    }

    private func pooled(
        _ x: [Double], _ pool: LayerDescription.Pool, _ layer: ResolvedLayer, _ samples: Int, _ value: ([Double]) -> Double
    ) -> [Double] {
        outputs(of: layer, samples) { n, p, q, c in
            var window: [Double] = []
            for h in p * pool.stride - pool.padding..<p * pool.stride - pool.padding + pool.size
            where h >= 0 && h < layer.input.height {
                for w in q * pool.stride - pool.padding..<q * pool.stride - pool.padding + pool.size
                where w >= 0 && w < layer.input.width {
                    window.append(x[((n * layer.input.height + h) * layer.input.width + w) * layer.input.channels + c])
                }
            }
            return value(window)
        }
    }

    private func outputs(of layer: ResolvedLayer, _ samples: Int, _ value: (_ n: Int, _ p: Int, _ q: Int, _ k: Int) -> Double)
        -> [Double]
    {
        var y: [Double] = []
        y.reserveCapacity(samples * layer.output.count)
        for n in 0..<samples {
            for p in 0..<layer.output.height {
                for q in 0..<layer.output.width {
                    for k in 0..<layer.output.channels { y.append(value(n, p, q, k)) }
                }
            }
        }
        return y
    }
}
