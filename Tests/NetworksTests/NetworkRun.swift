import Kernels
import TestSupport

@testable import Networks

/// A compiled model with parameters, a batch and room for gradients, all filled by hashed numbers as `make_golden.py` fills them.
final class NetworkRun {
    let plan: Plan
    let samples: Int
    let parameters: AlignedFloats
    let gradients: AlignedFloats
    let images: AlignedFloats
    let labels: UnsafeMutableBufferPointer<Int32>

    init(_ model: Model, samples: Int) throws {
        plan = try Plan(model: model, capacity: samples)
        self.samples = samples
        parameters = AlignedFloats(count: plan.layout.arenaCount)
        gradients = AlignedFloats(count: plan.layout.arenaCount)
        images = AlignedFloats(count: samples * model.input.count)
        labels = .allocate(capacity: samples)
        for (ordinal, parameter) in plan.layout.parameters.enumerated() {
            let isBias = parameter.shape.count == 1
            let scale = isBias ? 0.25 : Self.weightScale(fanIn: parameter.shape.dropLast().reduce(1, *))
            let values = hashedFloats(parameter.count, stream: 100 + ordinal, scale: scale)
            for (i, value) in values.enumerated() { parameters.base[parameter.offset + i] = value }
        }
        for (i, value) in hashedFloats(images.count, stream: 1, scale: 2).enumerated() { images.base[i] = value }
        for sample in 0..<samples { labels.initializeElement(at: sample, to: Int32((7 * sample + 3) % model.classes)) }
    }

    deinit { labels.deallocate() }

    /// The largest power of two that is at most √(6 / fan-in), the half-width of He's uniform distribution.
    private static func weightScale(fanIn: Int) -> Float {
        var scale: Float = 1
        while scale * scale * Float(fanIn) > 6 { scale /= 2 }
        return scale
    }

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

    /// The relative error that rounding leaves in a typical logit or gradient.
    ///
    /// Rounding errors of a sum of n terms are a random walk: relative to the sum's typical size they grow as u·√n (Higham, "Accuracy and
    /// Stability of Numerical Algorithms", 2.8). What has gone through several layers, forward and back, has the errors of all
    /// their sums, in quadrature: u·√Σn. Tests allow four deviations, of the value itself or of the root mean square of its tensor.
    func roundingError() throws -> Double {
        var terms = 0
        for layer in try plan.model.resolvedLayers() {
            switch layer.description {
            case .convolution(let convolution):
                let window = convolution.kernel * convolution.kernel
                terms += window * (layer.input.channels + layer.output.channels) / convolution.groups
                terms += samples * layer.output.height * layer.output.width
            case .linear: terms += layer.input.count + layer.output.count + samples
            case .averagePool(let pool): terms += 2 * pool.size * pool.size
            case .maxPool, .relu, .dropout, .flatten: terms += 1
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
    /// Compares a tensor: four deviations of the error `relative`, of each value or of the tensor's root mean square.
    mutating func compare(_ found: [Float], _ expected: [Float], relative: Double, _ place: @autoclosure () -> String) {
        let typical = rootMeanSquare(expected)
        compare(found, expected, tolerances: expected.map { 4 * relative * (Double(abs($0)) + typical) }, place())
    }
}
