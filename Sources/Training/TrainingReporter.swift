import Datasets
import Networks
import Tuning

/// What a run tells while it goes on. Called on rank 0 alone, but for `warn`.
public protocol TrainingReporter: AnyObject {
    /// Before one of `count` convolutions is timed; from 1.
    func tuning(convolution: Int, of count: Int)
    /// When all have been timed.
    func tuned(_ kernels: TunedKernels)
    /// Before the first step.
    func started(_ summary: RunSummary)
    /// After every step; must return at once.
    func stepped(_ report: StepReport)
    /// After every epoch, when the test set has been evaluated.
    func finishedEpoch(_ report: EpochReport)
    /// Where training ends before its last epoch, and why.
    func stoppedEarly(_ explanation: String)
    func warn(_ text: String)
}

/// How the work is divided and where it goes.
public struct RunSummary: Sendable {
    public let experiment: Experiment
    public let run: RunDirectory
    public let ranks: Int
    public let partition: BatchPartition
    public let parameterCount: Int
    public let start: Progress
    /// Steps from the first to the last of the run; no more than have been taken where nothing is left to do.
    public let totalSteps: Int
    /// Settings that differ from those of the checkpoint that is resumed, as `name: old → new`.
    public let changes: [String]
    public let resumedFrom: String?
}

public struct StepReport: Sendable {
    /// How far the run is, this step included.
    public let progress: Progress
    /// Over all ranks, this step alone.
    public let figures: Figures
    /// Seconds since the previous step ended.
    public let seconds: Double
    /// Steps in this epoch, and how many of them are done.
    public let stepsInEpoch: Int
    public let stepInEpoch: Int
    /// Steps from the first to the last of the run.
    public let totalSteps: Int
}

public struct EpochReport: Sendable {
    /// From 1.
    public let epoch: Int
    public let epochs: Int
    public let training: Figures
    /// Of the mean losses of the epoch's batches; nil for fewer than two.
    public let lossVariance: Double?
    /// Over the images held out; nil where there are none.
    public let validation: Figures?
    public let test: Figures
    public let rate: Double
    /// Seconds of its training steps in this process, and how many samples they took.
    public let seconds: Double
    public let samples: Int
    /// Seconds of the evaluations.
    public let validationSeconds: Double
    public let testSeconds: Double
}

extension EpochReport {
    /// Its lines of the run's log.
    func rows(step: Int) -> [MetricsRow] {
        func row(
            _ split: MetricsRow.Split, _ figures: Figures, timedSamples: Int? = nil, seconds: Double, lossVariance: Double? = nil
        )
            -> MetricsRow
        {
            MetricsRow(
                split, epoch: epoch, step: step, figures: figures, rate: rate, timedSamples: timedSamples ?? figures.samples,
                seconds: seconds, lossVariance: lossVariance)
        }
        return [row(.train, training, timedSamples: samples, seconds: seconds, lossVariance: lossVariance)]
            + (validation.map { [row(.validation, $0, seconds: validationSeconds)] } ?? [])
            + [row(.test, test, seconds: testSeconds)]
    }
}
