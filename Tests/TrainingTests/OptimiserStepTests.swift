import Kernels
import Networks
import Testing

@testable import Training

/// Steps of the optimiser against the same recurrences in Double, written out: momentum switched off, decay of weights alone, clipping by
/// the global norm, LARS.
@Suite struct OptimiserStepTests {
    private struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout Optimiser) -> Void
    }

    private static let cases = [
        Case(testDescription: "plain") { _ in },
        Case(testDescription: "momentum, decay of all") { ($0.momentum, $0.weightDecay) = (0.9, 0.01) },
        Case(testDescription: "decay of weights") { ($0.momentum, $0.weightDecay, $0.decays) = (0.9, 0.01, .weights) },
        Case(testDescription: "momentum until epoch 2") { ($0.momentum, $0.momentumUntil) = (0.9, 2) },
        Case(testDescription: "clipped") { ($0.momentum, $0.clip) = (0.9, 0.5) },
        Case(testDescription: "clip that is never reached") { $0.clip = 1e6 },
        Case(testDescription: "LARS") { ($0.momentum, $0.weightDecay, $0.lars, $0.decays) = (0.9, 0.01, 0.02, .weights) },
        Case(testDescription: "Nesterov, clipped, LARS") {
            ($0.momentum, $0.nesterov, $0.clip, $0.lars) = (0.8, true, 0.3, 0.05)
        },
    ]

    private static let samples = 8
    private static let rate = 0.1

    @Test(arguments: cases) private func followsTheRecurrence(_ test: Case) throws {
        var optimiser = Optimiser()
        test.change(&optimiser)
        try optimiser.validate()
        let model = Model(
            input: TensorShape(height: 6, width: 6, channels: 2), classes: 3,
            layers: [
                .convolution(.init(channels: 4, kernel: 3)), .batchNorm(.init()), .relu, .flatten, .linear(.init(outputs: 3)),
            ])
        let layout = try Plan(model: model, .init(capacity: 1)).layout
        let state = TrainingState(layout: layout, optimiser: optimiser)
        layout.initialise(state.parameters.base, seed: 3)
        let step = OptimiserStep(optimiser: optimiser, layout: layout)
        var weights = state.parameters.buffer.map(Double.init)
        var velocity = [Double](repeating: 0, count: weights.count)
        for epoch in 0..<4 {
            for parameter in layout.parameters {
                for i in parameter.range { state.gradients.base[i] = Float((i * 37 + epoch * 101) % 64 - 32) / 16 }
            }
            let gradients = state.gradients.buffer.map(Double.init)
            step.update(0..<layout.trainedCount, of: state, samples: Self.samples, rate: Self.rate, epoch: epoch)
            Self.update(&weights, &velocity, gradients, optimiser, layout, epoch: epoch)
            for i in 0..<layout.trainedCount {
                // Float arithmetic on values of about 1, some ten roundings a step.
                let found = Double(state.parameters.base[i])
                #expect(
                    abs(found - weights[i]) < 4e-6 * max(1, abs(weights[i])),
                    "epoch \(epoch), value \(i): \(found), not \(weights[i])")
            }
        }
        // Running statistics are not the optimiser's.
        for statistics in layout.statistics {
            #expect(statistics.mean.range.allSatisfy { state.parameters.base[$0] == 0 })
            #expect(statistics.variance.range.allSatisfy { state.parameters.base[$0] == 1 })
        }
    }

    /// PyTorch's `clip_grad_norm_` adds 10⁻⁶ to the norm, which shows where the norm is as small: ‖mean gradient‖ = 3·10⁻⁶ clipped to 10⁻⁶ is
    /// a quarter of it, not a third.
    @Test func clippingAddsPyTorchsEpsilon() throws {
        var optimiser = Optimiser()
        optimiser.clip = 1e-6
        let model = Model(
            input: TensorShape(height: 1, width: 1, channels: 1), classes: 2, layers: [.flatten, .linear(.init(outputs: 2))])
        let layout = try Plan(model: model, .init(capacity: 1)).layout
        let state = TrainingState(layout: layout, optimiser: optimiser)
        let first = try #require(layout.parameters.first).offset
        state.gradients.base[first] = 3e-6 * Float(Self.samples)
        OptimiserStep(optimiser: optimiser, layout: layout)
            .update(0..<layout.trainedCount, of: state, samples: Self.samples, rate: 1, epoch: 0)
        #expect(abs(Double(state.parameters.base[first]) + 7.5e-7) < 1e-12)
    }

    /// The recurrences, one parameter after another.
    private static func update(
        _ weights: inout [Double], _ velocity: inout [Double], _ sums: [Double], _ optimiser: Optimiser, _ layout: ParameterLayout,
        epoch: Int
    ) {
        func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        var gradients = sums.map { $0 / Double(samples) }
        if let clip = optimiser.clip {
            let factor = min(1, clip / (norm(layout.parameters.flatMap { gradients[$0.range] }) + 1e-6))
            gradients = gradients.map { $0 * factor }
        }
        let momentum = epoch < optimiser.momentumUntil ?? .max ? optimiser.momentum : 0
        for parameter in layout.parameters {
            let decay = parameter.isWeight || optimiser.decays == .all ? optimiser.weightDecay : 0
            var trust = 1.0
            if let coefficient = optimiser.lars, parameter.isWeight {
                let (w, g) = (norm(Array(weights[parameter.range])), norm(Array(gradients[parameter.range])))
                trust = coefficient * w / (g + decay * w)
            }
            for i in parameter.range {
                let g = trust * (gradients[i] + decay * weights[i])
                velocity[i] = momentum * velocity[i] + g
                weights[i] -= rate * (optimiser.nesterov ? g + momentum * velocity[i] : velocity[i])
            }
        }
    }
}
