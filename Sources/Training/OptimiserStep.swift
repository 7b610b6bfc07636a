import Kernels
import Networks

/// One step of the optimiser, from gradients that are summed over the global batch.
struct OptimiserStep {
    let optimiser: Optimiser
    let layout: ParameterLayout

    /// - Parameters:
    ///   - range: of the arena; with clipping or LARS, all that is trained.
    ///   - samples: of the global batch; the summed gradient is divided by it once.
    ///   - rate: the learning rate of this step.
    func update(_ range: Range<Int>, of state: TrainingState, samples: Int, rate: Double, epoch: Int) {
        let scale = self.scale(state, samples: samples)
        let momentum = optimiser.momentum(inEpoch: epoch)
        if optimiser.decays == .all && optimiser.lars == nil {
            descend(state, range, scale: scale, rate: rate, momentum: momentum, decay: optimiser.weightDecay)
            return
        }
        for parameter in layout.parameters where parameter.range.overlaps(range) {
            let decay = parameter.isWeight || optimiser.decays == .all ? optimiser.weightDecay : 0
            let trust = trustRatio(of: parameter, state, scale: scale, decay: decay)
            // The ratio goes into the velocity, as part of its newest term: the older ones keep the ratio of their own step.
            descend(
                state, parameter.range.clamped(to: range), scale: scale * trust, rate: rate, momentum: momentum,
                decay: decay * trust)
        }
    }

    private func descend(_ state: TrainingState, _ range: Range<Int>, scale: Double, rate: Double, momentum: Double, decay: Double)
    {
        GradientDescent.update(
            count: range.count, weights: state.parameters.base + range.lowerBound,
            gradient: state.gradients.base + range.lowerBound,
            velocity: state.velocity?.pointer(at: range.lowerBound), scale: Float(scale), rate: Float(rate),
            momentum: Float(momentum), nesterov: optimiser.nesterov, decay: Float(decay))
    }

    /// What turns the summed gradient into the mean, clipped: 1/samples · min(1, clip / (‖mean gradient‖ + 10⁻⁶)), as PyTorch's
    /// `clip_grad_norm_`. Every rank has the same gradient, and so the same norm.
    private func scale(_ state: TrainingState, samples: Int) -> Double {
        let mean = 1 / Double(samples)
        guard let clip = optimiser.clip else { return mean }
        let norm = Norm.sumOfSquares(count: layout.trainedCount, state.gradients.base).squareRoot() * mean
        return mean * min(1, clip / (norm + 1e-6))
    }

    /// LARS: coefficient·‖w‖ / (‖g‖ + decay·‖w‖) for a weight, 1 for biases and BatchNorm, and without LARS. Source: You, Gitman,
    /// Ginsburg, arXiv:1708.03888, equation 6 and algorithm 1.
    ///
    /// Conventions, in which implementations differ: g is the mean gradient without its decay, whose share has a norm of its own; there is no
    /// epsilon, but a ratio of 1 where ‖w‖ or the whole divisor is 0; the ratio multiplies gradient and decay before they enter the
    /// velocity. The learning rate stays outside of the velocity, as in PyTorch's `SGD`; algorithm 1 has it inside, which is the same while
    /// the rate is constant, and otherwise keeps for older terms the rate of their own step.
    private func trustRatio(of parameter: Parameter, _ state: TrainingState, scale: Double, decay: Double) -> Double {
        guard let coefficient = optimiser.lars, parameter.isWeight else { return 1 }
        let weight = Norm.sumOfSquares(count: parameter.count, state.parameters.base + parameter.offset).squareRoot()
        let gradient = Norm.sumOfSquares(count: parameter.count, state.gradients.base + parameter.offset).squareRoot() * scale
        let whole = gradient + decay * weight
        return weight > 0 && whole > 0 ? coefficient * weight / whole : 1
    }
}
