import Kernels
import TestSupport

@testable import Networks

/// A compiled model with parameters, a batch and room for gradients, all filled by hashed numbers as the scripts in `Golden` fill them.
final class NetworkRun {
    let plan: Plan
    let samples: Int
    let parameters: AlignedFloats
    let gradients: AlignedFloats
    let images: AlignedFloats
    let labels: UnsafeMutableBufferPointer<Int32>

    init(
        _ model: Model, loss: Loss = .softmax(labelSmoothing: 0), samples: Int, imageStream: Int = 1,
        options: (inout Plan.Options) -> Void = { _ in }
    ) throws {
        var planned = Plan.Options(capacity: samples)
        options(&planned)
        plan = try Plan(model: model, loss: loss, planned)
        self.samples = samples
        parameters = AlignedFloats(count: plan.layout.arenaCount)
        gradients = AlignedFloats(count: plan.layout.arenaCount)
        images = AlignedFloats(count: samples * model.input.count)
        labels = .allocate(capacity: samples)
        for (ordinal, parameter) in plan.layout.parameters.enumerated() {
            fill(parameter, with: hashedParameter(named: parameter.name, shape: parameter.shape, ordinal: ordinal))
        }
        for (ordinal, statistics) in plan.layout.statistics.enumerated() {
            fill(statistics.mean, with: hashedRunningMean(statistics.mean.count, ordinal: ordinal))
            fill(statistics.variance, with: hashedRunningVariance(statistics.variance.count, ordinal: ordinal))
        }
        for (i, value) in hashedFloats(images.count, stream: imageStream, scale: 2).enumerated() { images.base[i] = value }
        for sample in 0..<samples { labels.initializeElement(at: sample, to: Int32((7 * sample + 3) % model.classes)) }
    }

    private func fill(_ tensor: Parameter, with values: [Float]) {
        for (i, value) in values.enumerated() { parameters.base[tensor.offset + i] = value }
    }

    /// Moves the running statistics by the sums that the last training pass left.
    func updateStatistics() {
        plan.layout.updateStatistics(parameters: parameters.base, gradients: gradients.base, samples: samples)
    }

    func value(of tensor: Parameter) -> [Float] { Array(parameters.buffer[tensor.range]) }

    deinit { labels.deallocate() }

    struct Outcome {
        var figures = Figures()
        /// [samples, classes].
        var logits: [Float] = []
    }

    /// Runs the batch in micro-batches of these sizes; in training, leaves the gradient of the summed loss in `gradients`.
    @discardableResult
    func run(_ mode: Plan.Mode, microBatches: [Int]? = nil) -> Outcome {
        var outcome = Outcome()
        var first = 0
        gradients.base.update(repeating: 0, count: gradients.count)
        plan.prepare(parameters: parameters.base)
        for count in microBatches ?? [samples] {
            guard let firstLabel = labels.baseAddress else { break }
            let batch = MicroBatch(
                images: images.base + first * plan.model.input.count, labels: firstLabel + first, count: count, firstSample: first)
            plan.forward(batch, parameters: parameters.base, mode: mode, figures: &outcome.figures)
            outcome.logits += Array(plan.logits(count: count))
            if case .training = mode { plan.backward(batch, parameters: parameters.base, gradients: gradients.base, mode: mode) }
            first += count
        }
        return outcome
    }

    func gradient(of parameter: Parameter) -> [Float] { Array(gradients.buffer[parameter.range]) }

    /// By how much results move at most where all that goes in moves by as much as rounding moves what lies between.
    struct Sensitivity {
        /// Of a training pass.
        var training = 0.0
        var evaluation = 0.0
        /// Of each parameter's gradients.
        var gradients: [Double]

        func times(_ factor: Double) -> Sensitivity {
            Sensitivity(training: factor * training, evaluation: factor * evaluation, gradients: gradients.map { factor * $0 })
        }
    }

    /// Measures what relative changes of `relative` in every parameter and pixel do. BatchNorm magnifies them where it subtracts a large mean
    /// or divides by a small deviation, and lets gradients cancel to nothing: no bound of a single layer tells by how much. Three draws;
    /// in the end all is as it was, gradients included.
    func sensitivity(_ mode: Plan.Mode, relative: Double) -> Sensitivity {
        let (start, pixels) = (Array(parameters.buffer), Array(images.buffer))
        let (training, evaluation) = (run(mode).logits, run(.evaluation).logits)
        run(mode)
        let gradients = plan.layout.parameters.map { gradient(of: $0) }
        var found = Sensitivity(gradients: gradients.map { _ in 0 })
        func largest(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { max($0, abs(Double($1.0) - Double($1.1))) } }
        for draw in 0..<3 {
            for i in start.indices {
                parameters.base[i] = start[i] * (1 + hashedFloat(index: i, stream: 9_000 + draw) * Float(relative))
            }
            for i in pixels.indices {
                images.base[i] = pixels[i] * (1 + hashedFloat(index: i, stream: 9_100 + draw) * Float(relative))
            }
            found.evaluation = max(found.evaluation, largest(run(.evaluation).logits, evaluation))
            found.training = max(found.training, largest(run(mode).logits, training))
            for (i, parameter) in plan.layout.parameters.enumerated() {
                found.gradients[i] = max(found.gradients[i], largest(gradient(of: parameter), gradients[i]))
            }
        }
        for i in start.indices { parameters.base[i] = start[i] }
        for i in pixels.indices { images.base[i] = pixels[i] }
        run(mode)
        return found
    }

    /// The relative error that rounding leaves in a typical logit or gradient.
    ///
    /// Rounding errors of a sum of n terms are a random walk: relative to the sum's typical size they grow as u·√n (Higham, "Accuracy and
    /// Stability of Numerical Algorithms", 2.8). What has gone through several layers, forward and back, has the errors of all
    /// their sums, in quadrature: u·√Σn. Tests allow four deviations, of the value itself or of the root mean square of its tensor.
    func roundingError() throws -> Double {
        var terms = 0
        for layer in try plan.model.resolvedLayers().flatMap(\.flattened) {
            switch layer.description {
            case .convolution(let convolution):
                let window = convolution.kernel.height * convolution.kernel.width
                terms += window * (layer.input.channels + layer.output.channels) / convolution.groups
                terms += samples * layer.output.height * layer.output.width
            case .linear: terms += layer.input.count + layer.output.count + samples
            case .averagePool(let pool): terms += 2 * pool.size * pool.size
            case .globalAveragePool: terms += 2 * layer.input.height * layer.input.width
            // Its sums are in Double: what counts is mean, deviation and four operations, forward and back.
            case .batchNorm: terms += 16
            case .maxPool, .relu, .dropout, .flatten, .padChannels, .residual: terms += 1
            }
        }
        return Agreement.roundoff * Double(terms).squareRoot()
    }
}

/// √(Σx² / n).
func rootMeanSquare(_ values: [Float]) -> Double {
    (values.reduce(0) { $0 + Double($1) * Double($1) } / Double(max(values.count, 1))).squareRoot()
}

extension Agreement {
    /// Compares a tensor: four deviations of the error `relative`, of each value or of the tensor's root mean square, and four times
    /// the sensitivity that was measured, where it was.
    mutating func compare(
        _ found: [Float], _ expected: [Float], relative: Double, sensitivity: Double = 0, _ place: @autoclosure () -> String
    ) {
        let typical = rootMeanSquare(expected)
        compare(found, expected, tolerances: expected.map { 4 * relative * (Double(abs($0)) + typical) + 4 * sensitivity }, place())
    }
}
