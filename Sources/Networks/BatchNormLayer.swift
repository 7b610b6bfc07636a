import Kernels

/// Batch normalisation by the statistics of the micro-batch in training, by running ones in evaluation.
final class BatchNormLayer: CompiledLayer {
    /// Where its tensors start in the arena.
    struct Offsets {
        let scale: Int
        let shift: Int
        let runningMean: Int
        let runningVariance: Int
    }

    private let shape: TensorShape
    private let epsilon: Float
    private let input: Place
    private let output: Int
    private let gradients: GradientWiring
    private let offsets: Offsets
    /// Of the last forward pass: mean, variance and 1/√(variance + ε) of each channel.
    private let mean: AlignedFloats
    private let variance: AlignedFloats
    private let inverse: AlignedFloats
    private let sums: UnsafeMutablePointer<Double>

    init(shape: TensorShape, epsilon: Float, input: Place, output: Int, gradients: GradientWiring, offsets: Offsets) {
        self.shape = shape
        self.epsilon = epsilon
        self.input = input
        self.output = output
        self.gradients = gradients
        self.offsets = offsets
        mean = AlignedFloats(count: shape.channels)
        variance = AlignedFloats(count: shape.channels)
        inverse = AlignedFloats(count: shape.channels)
        sums = .allocate(capacity: 2 * shape.channels)
    }

    deinit { sums.deallocate() }

    private func rows(_ pass: Pass) -> Int { pass.samples * shape.height * shape.width }

    func forward(_ pass: Pass) {
        guard pass.samples > 0 else { return }
        let channels = shape.channels
        var usedMean = pass.parameters + offsets.runningMean
        var usedVariance = pass.parameters + offsets.runningVariance
        if case .training = pass.mode {
            BatchNormalisation.statistics(
                rows: rows(pass), channels: channels, input: pass[input], mean: mean.base, variance: variance.base, sums: sums)
            (usedMean, usedVariance) = (UnsafePointer(mean.base), UnsafePointer(variance.base))
        }
        BatchNormalisation.invert(channels: channels, variance: usedVariance, epsilon: epsilon, inverse: inverse.base)
        BatchNormalisation.normalise(
            rows: rows(pass), channels: channels, input: pass[input], mean: usedMean, inverse: inverse.base,
            scale: pass.parameters + offsets.scale, shift: pass.parameters + offsets.shift, output: pass.output(output))
    }

    func backward(_ pass: Pass) {
        guard pass.samples > 0 else { return }
        BatchNormalisation.backward(
            rows: rows(pass), channels: shape.channels, input: pass[input], mean: mean.base, inverse: inverse.base,
            scale: pass.parameters + offsets.scale, outputGradient: pass[gradients.output],
            scaleGradient: pass.parameterGradient(at: offsets.scale), shiftGradient: pass.parameterGradient(at: offsets.shift),
            inputGradient: gradients.input.map { pass[$0] }, sums: sums)
        // The running statistics travel as sums beside the gradients.
        BatchNormalisation.addSums(
            rows: rows(pass), channels: shape.channels, mean: mean.base, variance: variance.base,
            runningMean: pass.parameters + offsets.runningMean, firstSums: pass.parameterGradient(at: offsets.runningMean),
            secondSums: pass.parameterGradient(at: offsets.runningVariance))
    }
}
