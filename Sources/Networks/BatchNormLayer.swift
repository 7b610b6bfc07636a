import Kernels

/// Batch normalisation by the statistics of the batch in training, by running ones in evaluation.
///
/// Either direction begins with sums over the samples at hand and ends with a pass over them; between the two, the sums may be added up
/// over all ranks.
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
    /// Whether the ReLU behind it is part of it.
    private let rectifies: Bool
    private let input: Place
    private let output: Int
    private let gradients: GradientWiring
    private let offsets: Offsets
    /// Of the last forward pass: mean, variance and 1/√(variance + ε) of each channel.
    private let mean: AlignedFloats
    private let variance: AlignedFloats
    private let inverse: AlignedFloats
    /// Of the last forward pass: the moments of this rank's samples about the running mean.
    private let moments: UnsafeMutableBufferPointer<Double>
    /// The sums of the direction under way, which `finish` uses: those of this rank, until they are added up over all.
    let sums: UnsafeMutableBufferPointer<Double>

    init(
        shape: TensorShape, epsilon: Float, rectifies: Bool, input: Place, output: Int, gradients: GradientWiring, offsets: Offsets
    ) {
        self.shape = shape
        self.epsilon = epsilon
        self.rectifies = rectifies
        self.input = input
        self.output = output
        self.gradients = gradients
        self.offsets = offsets
        mean = AlignedFloats(count: shape.channels)
        variance = AlignedFloats(count: shape.channels)
        inverse = AlignedFloats(count: shape.channels)
        moments = .allocate(capacity: 2 * shape.channels)
        moments.initialize(repeating: 0)
        sums = .allocate(capacity: 2 * shape.channels)
        sums.initialize(repeating: 0)
    }

    deinit {
        moments.deallocate()
        sums.deallocate()
    }

    private var positions: Int { shape.height * shape.width }
    private func rows(_ pass: Pass) -> Int { pass.samples * positions }
    private func statisticsRows(_ pass: Pass) -> Int { pass.batch.statisticsCount * positions }

    private func transform(_ pass: Pass, mean: UnsafePointer<Float>) -> BatchNormalisation.Transform {
        .init(
            mean: mean, inverse: inverse.base, scale: pass.parameters + offsets.scale, shift: pass.parameters + offsets.shift,
            rectifies: rectifies)
    }

    func forward(_ pass: Pass) {
        begin(.forward, pass)
        finish(.forward, pass)
    }

    func backward(_ pass: Pass) {
        begin(.backward, pass)
        finish(.backward, pass)
    }

    /// Takes the sums of this rank's samples.
    func begin(_ direction: Direction, _ pass: Pass) {
        guard case .training = pass.mode, let sumsBase = sums.baseAddress, let momentsBase = moments.baseAddress else { return }
        let channels = shape.channels
        switch direction {
        case .forward:
            BatchNormalisation.moments(
                rows: rows(pass), channels: channels, input: pass[input], origin: pass.parameters + offsets.runningMean,
                sums: momentsBase)
            sumsBase.update(from: momentsBase, count: 2 * channels)
        case .backward:
            BatchNormalisation.gradientSums(
                rows: rows(pass), channels: channels, input: pass[input], transform(pass, mean: mean.base),
                outputGradient: pass[gradients.output], sums: sumsBase)
            BatchNormalisation.addParameterGradients(
                channels: channels, sums: sumsBase, scaleGradient: pass.parameterGradient(at: offsets.scale),
                shiftGradient: pass.parameterGradient(at: offsets.shift))
            // The running statistics travel as sums beside the gradients.
            BatchNormalisation.addRunningSums(
                channels: channels, moments: momentsBase, firstSums: pass.parameterGradient(at: offsets.runningMean),
                secondSums: pass.parameterGradient(at: offsets.runningVariance))
        }
    }

    /// Passes over the samples with the sums as they stand now.
    func finish(_ direction: Direction, _ pass: Pass) {
        guard pass.samples > 0, let sumsBase = sums.baseAddress else { return }
        let channels = shape.channels
        switch direction {
        case .forward:
            var usedMean = pass.parameters + offsets.runningMean
            var usedVariance = pass.parameters + offsets.runningVariance
            if case .training = pass.mode {
                BatchNormalisation.statistics(
                    rows: statisticsRows(pass), channels: channels, origin: usedMean, moments: sumsBase, mean: mean.base,
                    variance: variance.base)
                (usedMean, usedVariance) = (UnsafePointer(mean.base), UnsafePointer(variance.base))
            }
            BatchNormalisation.invert(channels: channels, variance: usedVariance, epsilon: epsilon, inverse: inverse.base)
            BatchNormalisation.normalise(
                rows: rows(pass), channels: channels, input: pass[input], transform(pass, mean: usedMean),
                output: pass.output(output))
        case .backward:
            guard let inputGradient = gradients.input else { return }
            BatchNormalisation.inputGradient(
                rows: rows(pass), of: statisticsRows(pass), channels: channels, input: pass[input],
                transform(pass, mean: mean.base), sums: sumsBase, outputGradient: pass[gradients.output],
                inputGradient: pass[inputGradient])
        }
    }
}
