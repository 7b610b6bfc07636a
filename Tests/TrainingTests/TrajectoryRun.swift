import Diagnostics
import Kernels
import Networks
import TestSupport

@testable import Training

/// Steps of training as `Trainer` takes them, on batches of hashed numbers and without ranks.
final class TrajectoryRun {
    private static let samples = 6

    let state: TrainingState
    private let experiment: Experiment
    private let firstStream: Int
    private let plan: Plan
    private let optimiserStep: OptimiserStep
    private let labels: [Int32]

    init(_ record: TrajectoryRecord) throws {
        experiment = record.experiment
        try experiment.validate()
        guard case .described(let model) = experiment.model else {
            throw Failure(.usage, "a trajectory needs a whole model, not \(experiment.model.name)")
        }
        firstStream = record.stream
        plan = try Plan(model: model, loss: experiment.loss, .init(capacity: Self.samples))
        state = TrainingState(layout: plan.layout, optimiser: experiment.optimiser)
        optimiserStep = OptimiserStep(optimiser: experiment.optimiser, layout: plan.layout)
        labels = (0..<Self.samples).map { Int32((7 * $0 + 3) % model.classes) }
        for (ordinal, parameter) in plan.layout.parameters.enumerated() {
            fill(parameter, with: hashedParameter(named: parameter.name, shape: parameter.shape, ordinal: ordinal))
        }
        for (ordinal, statistics) in plan.layout.statistics.enumerated() {
            fill(statistics.mean, with: hashedRunningMean(statistics.mean.count, ordinal: ordinal))
            fill(statistics.variance, with: hashedRunningVariance(statistics.variance.count, ordinal: ordinal))
        }
    }

    /// Parameters, then running means and variances in turn.
    var tensors: [Parameter] { plan.layout.parameters + plan.layout.statistics.flatMap { [$0.mean, $0.variance] } }

    /// Takes a step of so many; returns its learning rate and the mean loss before it.
    func step(_ step: Int, of steps: Int) -> (rate: Double, loss: Double) {
        let stepsPerEpoch = steps / experiment.epochs
        let epoch = step / stepsPerEpoch
        let point = Schedule.Point(epoch: epoch, epochs: experiment.epochs, step: step, steps: steps)
        let rate = experiment.rate(at: point, plateau: state.progress.plateau)
        let loss = pass(.training(seed: 0, step: step), stream: firstStream + step % stepsPerEpoch)
        optimiserStep.update(0..<plan.layout.trainedCount, of: state, samples: Self.samples, rate: rate, epoch: epoch)
        plan.layout.updateStatistics(
            parameters: state.parameters.base, gradients: state.gradients.base, samples: Self.samples)
        if (step + 1) % stepsPerEpoch == 0, let plateau = experiment.plateau {
            plateau.observe(
                loss: pass(.evaluation, stream: firstStream), accuracy: 0, rate: rate, state: &state.progress.plateau)
        }
        return (rate, loss)
    }

    /// Returns the mean loss; in training, leaves the gradient of the summed loss.
    private func pass(_ mode: Plan.Mode, stream: Int) -> Double {
        let images = hashedFloats(Self.samples * plan.model.input.count, stream: stream, scale: 2)
        var figures = Figures()
        images.withUnsafeBufferPointer { images in
            labels.withUnsafeBufferPointer { labels in
                guard let images = images.baseAddress, let labels = labels.baseAddress else { return }
                let batch = MicroBatch(images: images, labels: labels, count: Self.samples, firstSample: 0)
                plan.prepare(parameters: state.parameters.base)
                plan.forward(batch, parameters: state.parameters.base, mode: mode, figures: &figures)
                guard case .training = mode else { return }
                state.gradients.base.update(repeating: 0, count: state.gradients.count)
                plan.backward(batch, parameters: state.parameters.base, gradients: state.gradients.base, mode: mode)
            }
        }
        return figures.meanLoss
    }

    private func fill(_ tensor: Parameter, with values: [Float]) {
        for (i, value) in values.enumerated() { state.parameters.base[tensor.offset + i] = value }
    }
}
