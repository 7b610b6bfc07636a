import TestSupport
import Testing

@testable import Networks

/// Gradients against central differences of the loss, (L(θ + h·d) − L(θ − h·d)) / 2h = ⟨∇L, d⟩, along unit directions in one tensor at a time.
///
/// L is that of `DoubleNetwork`: with h = 2⁻²⁰ its truncation (h²) and rounding (2⁻⁵³·L/h) leave 10⁻⁹, and a step that small crosses no kink.
/// So the tolerance is that of our own Float arithmetic alone: four deviations of its random walk, and what is measured of the model's
/// sensitivity. A layer's input gradient shows in the parameters of the layers before it.
struct GradientCheck {
    private static let step = 0x1p-20

    let model: Model
    var loss = Loss.softmax(labelSmoothing: 0)
    let samples: Int
    /// Drawn directions in each tensor that is not small.
    let directions: Int
    var imageStream = 1

    /// Compares logits, loss and directional derivatives; nil where a value lies within rounding of a kink.
    func run() throws -> Agreement? {
        let mode = Plan.Mode.training(seed: 11, step: 3)
        let run = try NetworkRun(model, loss: loss, samples: samples, imageStream: imageStream)
        let oracle = try DoubleNetwork(model, loss: loss, layout: run.plan.layout)
        let (parameters, images) = (run.parameters.buffer.map(Double.init), run.images.buffer.map(Double.init))
        let labels = run.labels.map(Int.init)
        let exact = oracle.run(parameters: parameters, images: images, labels: labels, mode: mode)
        // Beyond a hundred, BatchNorm stands on all but equal values: what it makes of their rounding is no test of ours.
        if exact.margin < 2e-6 * exact.conditioning || exact.conditioning > 100 { return nil }

        var agreement = Agreement()
        let relative = try run.roundingError()
        let sensitivity = run.sensitivity(mode, relative: relative)
        let outcome = run.run(mode)
        agreement.compare(
            outcome.logits, exact.logits.map { Float($0) }, relative: relative, sensitivity: sensitivity.training,
            "logits of \(model.name)")
        // Cross-entropy moves by at most as much as the two logits that it is the difference of; a square by twice its distance from the
        // target as often.
        let largest = outcome.logits.map { Double(abs($0)) }.max() ?? 0
        let slope = loss == .euclidean ? 2 * (largest + 1) : 2
        agreement.compare(
            outcome.figures.loss.value, exact.loss,
            tolerance: slope * (8 * relative * largest + 4 * sensitivity.training) * Double(samples), "loss of \(model.name)")
        for (ordinal, parameter) in run.plan.layout.parameters.enumerated() {
            let gradient = run.gradient(of: parameter)
            let typical = rootMeanSquare(gradient)
            for direction in Self.drawn(count: parameter.count, directions: directions, stream: ordinal) {
                func loss(at step: Double) -> Double {
                    var moved = parameters
                    for (i, d) in direction { moved[parameter.offset + i] += step * d }
                    return oracle.run(parameters: moved, images: images, labels: labels, mode: mode).loss
                }
                let expected = (loss(at: Self.step) - loss(at: -Self.step)) / (2 * Self.step)
                let found = direction.reduce(0) { $0 + Double(gradient[$1.0]) * $1.1 }
                let error = direction.reduce(0) {
                    $0 + abs($1.1) * (4 * relative * (Double(abs(gradient[$1.0])) + typical) + 4 * sensitivity.gradients[ordinal])
                }
                agreement.compare(found, expected, tolerance: error + 1e-8, "\(parameter.name) of \(model.name)")
            }
        }
        return agreement
    }

    /// Unit directions: every axis of a small tensor, drawn ones of a large one.
    private static func drawn(count: Int, directions: Int, stream: Int) -> [[(Int, Double)]] {
        if count <= 2 * directions { return (0..<count).map { [($0, 1)] } }
        return (0..<directions).map { number in
            let values = hashedFloats(count, stream: 5_000 + 100 * stream + number)
            let length = rootMeanSquare(values) * Double(count).squareRoot()
            return values.enumerated().map { ($0.offset, Double($0.element) / length) }
        }
    }
}
