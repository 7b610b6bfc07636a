import Networks

/// A line of the run's log: the figures of one step, or of an epoch over one set of samples; exact over all ranks.
struct MetricsRow: Equatable {
    enum Split: String, CaseIterable {
        case step
        case train
        case validation
        case test
    }

    let split: Split
    /// From 1, as people count.
    let epoch: Int
    /// The number of steps taken.
    let step: Int
    let samples: Int
    let loss: Double
    let accuracy: Double
    /// The learning rate.
    let rate: Double
    /// In millionths.
    let seconds: Double
    /// Samples per second, in tenths; 0 where no time has passed.
    let speed: Double
    /// Of the mean losses of the epoch's batches; nil but for training.
    let lossVariance: Double?
    /// Of the step's mean gradient, before it is clipped; nil but for a step, and where no rank has the whole of it.
    let gradientNorm: Double?

    /// - Parameters:
    ///   - timedSamples: those that `seconds` were taken for: fewer than those of the figures where a run was taken up in the middle of an epoch.
    init(
        _ split: Split, epoch: Int, step: Int, figures: Figures, rate: Double, timedSamples: Int, seconds: Double,
        lossVariance: Double? = nil, gradientNorm: Double? = nil
    ) {
        (self.lossVariance, self.gradientNorm) = (lossVariance, gradientNorm)
        (self.split, self.epoch, self.step, self.rate) = (split, epoch, step, rate)
        (samples, loss, accuracy) = (figures.samples, figures.meanLoss, figures.accuracy)
        // Rounded once, so that every log holds the same numbers.
        self.seconds = (seconds * 1e6).rounded() / 1e6
        speed = seconds > 0 ? (Double(timedSamples) / seconds * 10).rounded() / 10 : 0
    }
}
