import Benchmarks
import Kernels
import Networks
import Testing
import Training

/// Steps on synthetic images: they are those of training, and what is told of them adds up.
@Suite struct StepBenchmarkTests {
    private static let model = BuiltInModel(.resnet8).model(input: TensorShape(height: 8, width: 8, channels: 3), classes: 10)

    private static func recipe(globalBatch: Int, microBatches: Int, convolution: ConvolutionPolicy = .automatic) -> Recipe {
        var experiment = Experiment(model: .described(model))
        (experiment.globalBatch, experiment.microBatches, experiment.convolution) = (globalBatch, microBatches, convolution)
        experiment.optimiser.momentum = 0.9
        return Recipe(experiment: experiment)
    }

    @Test(arguments: [1, 3]) func phasesAddUpToTheStep(microBatches: Int) throws {
        var benchmark = StepBenchmark(Self.recipe(globalBatch: 8, microBatches: microBatches))
        benchmark.duration = 0.02
        let result = try benchmark.run()
        #expect(result.steps >= 3 && result.phases.map(\.phase) == [.prepare, .forward, .backward, .update])
        #expect(result.phases.allSatisfy { $0.seconds.cpu > 0 && $0.seconds.wall > 0 })
        let sum = result.phases.reduce(0) { $0 + $1.seconds.cpu }
        #expect(sum <= result.step.cpu && sum > 0.8 * result.step.cpu, "\(result)")
        #expect(result.peak > 1e8 && result.flopRate > 0, "\(result)")
        #expect(result.imageRate(\.cpu) == 8 / result.step.cpu)
    }

    /// 3 × forward, without the gradient with respect to the images: of 2·2·9·4 multiply-adds, and 16·4 of the linear layer.
    @Test func multiplyAddsOfAStep() throws {
        let model = Model(
            input: TensorShape(height: 4, width: 4, channels: 1), classes: 4,
            layers: [.convolution(.init(channels: 4, kernel: 3)), .relu, .flatten, .linear(.init(outputs: 4))])
        #expect(try model.resolvedLayers().stepMultiplyAdds == 2 * 144 + 3 * 64)
        // Behind 'flatten' it is the linear layer that reads the images.
        let linear = Model(input: model.input, classes: 4, layers: [.flatten, .linear(.init(outputs: 4))])
        #expect(try linear.resolvedLayers().stepMultiplyAdds == 2 * 64)
    }

    /// The loss of a batch that stays the same falls, by every kind of kernel to the same value.
    @Test func theStepsAreThoseOfTraining() throws {
        var losses: [[Double]] = []
        for policy in ConvolutionPolicy.allCases {
            let step = try SyntheticStep(Self.recipe(globalBatch: 12, microBatches: 3, convolution: policy))
            losses.append(
                try (0..<20).map { _ in
                    try step.run { _, operation in try operation() }
                    return step.meanLoss
                })
        }
        for (auto, im2col) in zip(losses[0], losses[1]) { #expect(abs(auto - im2col) < 1e-2 * im2col, "\(losses)") }
        #expect(losses[0][0] > losses[0][19] + 0.5, "\(losses)")
    }

    @Test func whatCannotBeMeasured() {
        #expect(throws: (any Error).self) {
            try SyntheticStep(Self.recipe(globalBatch: 2, microBatches: 3))
        }
        #expect(throws: (any Error).self) {
            try SyntheticStep(Self.recipe(globalBatch: 1 << 30, microBatches: 1))
        }
    }
}
