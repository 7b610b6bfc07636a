import Foundation
import Random

@testable import Networks

/// A model's forward pass by plain loops in Double: the oracle whose central differences our gradients are held against.
struct DoubleNetwork {
    let model: Model
    let loss: Loss
    let layers: [ResolvedLayer]
    let offsets: [String: Int]

    init(_ model: Model, loss: Loss = .softmax(labelSmoothing: 0), layout: ParameterLayout) throws {
        self.model = model
        self.loss = loss
        layers = try model.resolvedLayers()
        offsets = Dictionary(uniqueKeysWithValues: layout.tensors.map { ($0.name, $0.offset) })
    }

    struct Result {
        /// [samples, classes].
        var logits: [Double]
        /// The summed loss.
        var loss: Double
        /// The smallest distance of any value from a kink, of those that do not stand on one: |x| before a ReLU, and the lead of a window's
        /// largest value. Where it is within rounding, Float may take the other side.
        var margin: Double
        /// The largest √(mean² + variance) / √(variance + ε) of any BatchNorm's channel: what relative errors grow by where a mean is
        /// subtracted.
        var conditioning: Double
    }

    /// What a pass carries from layer to layer.
    private struct Walk {
        let parameters: [Double]
        let samples: Int
        let mode: Plan.Mode
        var margin = Double.infinity
        var conditioning = 1.0
        /// Dropout layers so far, in the order in which they run: a shortcut runs before the layers beside it.
        var dropouts = 0
    }

    func run(parameters: [Double], images: [Double], labels: [Int], mode: Plan.Mode) -> Result {
        var walk = Walk(parameters: parameters, samples: labels.count, mode: mode)
        let logits = run(layers, images, &walk)
        let sum = labels.enumerated().reduce(0.0) { sum, sample in
            sum + lossOfSample(Array(logits[sample.offset * model.classes..<(sample.offset + 1) * model.classes]), sample.element)
        }
        return Result(logits: logits, loss: sum, margin: walk.margin, conditioning: walk.conditioning)
    }

    private func lossOfSample(_ z: [Double], _ label: Int) -> Double {
        switch loss {
        case .softmax(let smoothing):
            let largest = z.max() ?? 0
            let logSum = log(z.reduce(0) { $0 + exp($1 - largest) }) + largest
            return z.indices.reduce(0) { sum, j in
                sum + (smoothing / Double(z.count) + (j == label ? 1 - smoothing : 0)) * (logSum - z[j])
            }
        case .euclidean:
            let squares = z.indices.map { (z[$0] - ($0 == label ? 1 : 0)) * (z[$0] - ($0 == label ? 1 : 0)) }
            return squares.reduce(0, +) / Double(z.count)
        }
    }

    private func run(_ layers: [ResolvedLayer], _ input: [Double], _ walk: inout Walk) -> [Double] {
        layers.reduce(input) { run($1, $0, &walk) }
    }

    private func run(_ layer: ResolvedLayer, _ x: [Double], _ walk: inout Walk) -> [Double] {
        let samples = walk.samples
        let weight = offsets["\(layer.name).weight", default: 0]
        let bias = offsets["\(layer.name).bias"]
        switch layer.description {
        case .flatten: return x
        case .relu:
            walk.margin = min(walk.margin, x.reduce(.infinity) { $1 == 0 ? $0 : min($0, abs($1)) })
            return x.map { max($0, 0) }
        case .convolution(let convolution):
            return convolved(
                x, convolution, layer, samples, weights: walk.parameters[weight...], bias: bias.map { walk.parameters[$0...] })
        case .linear(let linear):
            return (0..<samples * linear.outputs).map { y in
                let (n, k) = y.quotientAndRemainder(dividingBy: linear.outputs)
                return (0..<layer.input.count).reduce(bias.map { walk.parameters[$0 + k] } ?? 0) {
                    $0 + x[n * layer.input.count + $1] * walk.parameters[weight + $1 * linear.outputs + k]
                }
            }
        case .maxPool(let pool):
            var margin = walk.margin
            let y = pooled(x, pool, layer, samples) { window in
                let sorted = window.sorted(by: >)
                if sorted.count > 1 && sorted[0] > sorted[1] { margin = min(margin, sorted[0] - sorted[1]) }
                return sorted[0]
            }
            walk.margin = margin
            return y
        case .averagePool(let pool):
            return pooled(x, pool, layer, samples) { $0.reduce(0, +) / Double(pool.size * pool.size) }
        case .globalAveragePool:
            let (pixels, channels) = (layer.input.height * layer.input.width, layer.input.channels)
            return (0..<samples * channels).map { y in
                let (n, c) = y.quotientAndRemainder(dividingBy: channels)
                return (0..<pixels).reduce(0.0) { $0 + x[(n * pixels + $1) * channels + c] } / Double(pixels)
            }
        case .padChannels:
            return (0..<samples * layer.output.count).map { y in
                let (pixel, c) = y.quotientAndRemainder(dividingBy: layer.output.channels)
                return c < layer.input.channels ? x[pixel * layer.input.channels + c] : 0
            }
        case .batchNorm(let norm): return normalised(x, norm, layer, &walk)
        case .residual:
            let short = run(layer.shortcut, x, &walk)
            return zip(run(layer.layers, x, &walk), short).map { $0 + $1 }
        case .dropout(let dropout):
            defer { walk.dropouts += 1 }
            guard case .training(let seed, let step) = walk.mode else { return x }
            let kept = Self.kept(
                samples: samples, count: layer.input.count, rate: dropout.rate, ordinal: walk.dropouts, seed: seed, step: step)
            return zip(x, kept).map { $1 ? $0 / (1 - dropout.rate) : 0 }
        }
    }

    /// By the mean and the biased variance of all rows in training, by running ones in evaluation.
    private func normalised(_ x: [Double], _ norm: LayerDescription.BatchNorm, _ layer: ResolvedLayer, _ walk: inout Walk)
        -> [Double]
    {
        let channels = layer.input.channels
        let rows = x.count / channels
        func parameter(_ role: String, _ c: Int) -> Double { walk.parameters[offsets["\(layer.name).\(role)", default: 0] + c] }
        var y = x
        var conditioning = walk.conditioning
        for c in 0..<channels {
            let values = (0..<rows).map { x[$0 * channels + c] }
            var mean = parameter("running-mean", c)
            var variance = parameter("running-variance", c)
            if case .training = walk.mode {
                mean = values.reduce(0, +) / Double(rows)
                variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
            }
            let deviation = (variance + norm.epsilon).squareRoot()
            conditioning = max(conditioning, (mean * mean + variance).squareRoot() / deviation)
            for row in 0..<rows {
                y[row * channels + c] = parameter("weight", c) * (values[row] - mean) / deviation + parameter("bias", c)
            }
        }
        walk.conditioning = conditioning
        return y
    }

    /// What dropout keeps, as it was laid down: Philox at (layer in the upper 8 bits over neurons in fours, place in the global batch, step).
    /// The layer's ordinal counts the dropout layers that run before it.
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
        let kernel = convolution.kernel
        // Of padding that keeps the size, an odd row or column lies below or to the right.
        let before: (top: Int, left: Int) =
            switch convolution.padding {
            case .pixels(let count): (count, count)
            case .same: (convolution.dilation * (kernel.height - 1) / 2, convolution.dilation * (kernel.width - 1) / 2)
            }
        return outputs(of: layer, samples) { n, p, q, k in
            var sum = bias.map { $0[$0.startIndex + k] } ?? 0
            for r in 0..<kernel.height {
                let h = p * convolution.stride - before.top + r * convolution.dilation
                if h < 0 || h >= layer.input.height { continue }
                for s in 0..<kernel.width {
                    let w = q * convolution.stride - before.left + s * convolution.dilation
                    if w < 0 || w >= layer.input.width { continue }
                    let pixel = ((n * layer.input.height + h) * layer.input.width + w) * layer.input.channels
                    let tap = weights.startIndex + (r * kernel.width + s) * groupInputs * convolution.channels + k
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
