import TestSupport
import Testing

@testable import Networks

/// However a batch is cut into micro-batches: sums stay what they are.
@Suite struct MicroBatchTests {
    private static let cuts = [[12], [4, 4, 4], [Int](repeating: 1, count: 12), [5, 1, 6]]

    /// Dropout keyed by the place in the global batch, and blocks; nothing that looks at more than one sample.
    @Test func gradientsWithoutBatchNormDoNotDependOnTheCut() throws {
        let model = Model(
            name: "cut", input: TensorShape(height: 9, width: 8, channels: 3), classes: 5,
            layers: [
                Self.convolution(8), .relu,
                .residual(.init(layers: [Self.convolution(8), .relu, .dropout(.init(rate: 0.25)), Self.convolution(8)])), .relu,
                .residual(
                    .init(
                        layers: [
                            .relu, .convolution(.init(channels: 12, kernel: 3, stride: 2, padding: .pixels(1))),
                            .dropout(.init(rate: 0.5)),
                        ],
                        shortcut: [
                            .dropout(.init(rate: 0.125)), .maxPool(.init(size: 1, stride: 2)), .padChannels(.init(channels: 12)),
                        ])),
                .globalAveragePool, .dropout(.init(rate: 0.5)), .linear(.init(outputs: 5)),
            ])
        let run = try NetworkRun(model, loss: .softmax(labelSmoothing: 0.1), samples: 12)
        let mode = Plan.Mode.training(seed: 7, step: 4)
        let whole = run.run(mode)
        let gradients = run.plan.layout.parameters.map { run.gradient(of: $0) }
        let relative = try run.roundingError()
        var agreement = Agreement()
        for cut in Self.cuts {
            let outcome = run.run(mode, microBatches: cut)
            #expect(outcome.figures.samples == 12 && outcome.figures.correct == whole.figures.correct)
            agreement.compare(outcome.logits, whole.logits, relative: relative, "outputs in \(cut)")
            for (parameter, gradient) in zip(run.plan.layout.parameters, gradients) {
                agreement.compare(run.gradient(of: parameter), gradient, relative: relative, "\(parameter.name) in \(cut)")
            }
        }
        #expect(agreement.holds && agreement.compared == 4 * (60 + run.plan.layout.parameterCount), "\(agreement)")
    }

    /// The statistics of the first BatchNorm's rows, which no cut changes, against the convolution in Double.
    @Test func runningStatisticsDoNotDependOnTheCut() throws {
        let model = Model(
            name: "statistics", input: TensorShape(height: 6, width: 5, channels: 3), classes: 4,
            layers: [Self.convolution(17), .batchNorm(.init(momentum: 0.25)), .relu, .flatten, .linear(.init(outputs: 4))])
        var agreement = Agreement()
        for cut in Self.cuts {
            let run = try NetworkRun(model, samples: 12)
            let statistics = try #require(run.plan.layout.statistics.first)
            let before = (mean: run.value(of: statistics.mean), variance: run.value(of: statistics.variance))
            run.run(.training(seed: 0, step: 0), microBatches: cut)
            run.updateStatistics()
            let columns = try Self.columns(of: run, channels: 17)
            let relative = try run.roundingError()
            for (c, x) in columns.enumerated() {
                let mean = x.reduce(0, +) / Double(x.count)
                let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count - 1)
                let expected = (
                    mean: 0.75 * Double(before.mean[c]) + 0.25 * mean, variance: 0.75 * Double(before.variance[c]) + 0.25 * variance
                )
                let distance = abs(mean - Double(before.mean[c]))
                agreement.compare(
                    Double(run.value(of: statistics.mean)[c]), expected.mean,
                    tolerance: 4 * relative * (abs(mean) + variance.squareRoot() + distance), "mean of channel \(c) in \(cut)")
                agreement.compare(
                    Double(run.value(of: statistics.variance)[c]), expected.variance,
                    tolerance: 4 * relative * (mean * mean + variance + distance * distance + 2),
                    "variance of channel \(c) in \(cut)")
            }
        }
        #expect(agreement.holds && agreement.compared == 4 * 2 * 17, "\(agreement)")
    }

    /// A rank without samples adds nothing.
    @Test func emptyMicroBatchesAddNothing() throws {
        let model = Model(
            name: "empty", input: TensorShape(height: 4, width: 4, channels: 2), classes: 3,
            layers: [
                Self.convolution(4), .batchNorm(.init()), .residual(.init(layers: [.relu, Self.convolution(4)])), .flatten,
                .linear(.init(outputs: 3)),
            ])
        let run = try NetworkRun(model, samples: 5)
        let whole = run.run(.training(seed: 1, step: 1))
        let gradients = Array(run.gradients.buffer)
        let cut = run.run(.training(seed: 1, step: 1), microBatches: [0, 5, 0])
        #expect(cut.figures == whole.figures && Array(run.gradients.buffer) == gradients)
    }

    /// What comes to a BatchNorm behind the first layer, a convolution, by channels, in Double.
    private static func columns(of run: NetworkRun, channels: Int) throws -> [[Double]] {
        var model = run.plan.model
        let first = try #require(try model.resolvedLayers().first)
        model.layers = [model.layers[0], .flatten]
        model.classes = first.output.count
        let oracle = try DoubleNetwork(model, layout: run.plan.layout)
        let outputs = oracle.run(
            parameters: run.parameters.buffer.map(Double.init), images: run.images.buffer.map(Double.init),
            labels: run.labels.map(Int.init), mode: .evaluation
        ).logits
        return (0..<channels).map { c in stride(from: c, to: outputs.count, by: channels).map { outputs[$0] } }
    }

    private static func convolution(_ channels: Int) -> LayerDescription {
        .convolution(.init(channels: channels, kernel: 3, padding: .same))
    }
}
