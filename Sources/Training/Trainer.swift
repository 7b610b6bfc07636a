import Checkpoints
import Datasets
import Diagnostics
import Kernels
import MPI
import Networks
import Parallelism
import Random
import Recorder

/// Runs the step program, step after step and epoch after epoch, on one rank of the world.
///
/// This is the one loop: whatever way the ranks keep in step, it is another program, not another loop.
public final class Trainer {
    private let experiment: Experiment
    private let execution: Execution
    private let world: Communicator
    private let reporter: any TrainingReporter
    private let recorder: FlightRecorder
    private let state: TrainingState
    private let plan: Plan
    private let program: StepProgram
    private let work: RankWork
    private let partition: BatchPartition
    private let loader: BatchLoader
    private let testEvaluator: Evaluator
    /// Nil where no images are held out.
    private let validationEvaluator: Evaluator?
    private let optimiserStep: OptimiserStep
    private let sums = FigureSums()
    private let exchange: Exchange
    /// Rank 0's alone.
    private let metrics: MetricsLog?
    private let store: CheckpointStore?
    private let trainingSamples: Int
    private let clock = ContinuousClock()
    /// The figures of this rank's micro-batches, then of the whole step.
    private var stepFigures = Figures()

    init(_ session: TrainingSession, metrics: MetricsLog?, store: CheckpointStore?) throws {
        experiment = session.experiment
        execution = session.execution
        world = session.world
        reporter = session.reporter
        recorder = session.recorder
        state = session.state
        plan = session.plan
        partition = session.partition
        work = session.work
        optimiserStep = OptimiserStep(optimiser: session.experiment.optimiser, layout: session.state.layout)
        exchange = Exchange(world: world, plan: plan, gradients: state.gradients, sums: sums, recorder: recorder)
        self.metrics = metrics
        self.store = store
        trainingSamples = session.training.count
        let (trainedCount, arenaCount) = (state.layout.trainedCount, state.layout.arenaCount)
        program =
            experiment.syncBatchNorm
            ? .replicated(synchronisedBatchNorms: plan.stageCount - 1, trainedCount: trainedCount, arenaCount: arenaCount)
            : .replicated(
                groups: work.groups, trainedCount: trainedCount, arenaCount: arenaCount)
        let normalisation = session.dataset.normalisation
        loader = BatchLoader(
            reader: SampleReader(
                samples: session.training, normalisation: normalisation, augmentation: experiment.augmentation,
                seed: experiment.seed),
            partition: partition, rank: world.rank, seed: experiment.seed, from: state.progress.position)
        let (plan, chunk) = (self.plan, Evaluator.chunk(for: experiment))
        func evaluator(of samples: Selection) -> Evaluator {
            Evaluator(reader: SampleReader(samples: samples, normalisation: normalisation), plan: plan, chunk: chunk)
        }
        testEvaluator = evaluator(of: Selection(session.dataset.test))
        validationEvaluator = session.validation.map(evaluator)
    }

    /// Trains to the end of the recipe.
    ///
    /// - Throws: `AgreedFailure` on every rank where all know of the failure; any other error is this rank's alone, and the others must be
    ///   ended.
    public func train() throws {
        var mark = clock.now
        var epochSeconds = 0.0
        var epochSamples = 0
        let totalSteps = self.totalSteps
        while !isDone {
            let epoch = state.progress.position.epoch
            let rate = rate(at: state.progress.position)
            recorder.begin(epoch: epoch)
            try step()
            let now = clock.now
            let seconds = Self.seconds(now - mark)
            mark = now
            epochSeconds += seconds
            epochSamples += stepFigures.samples
            try reportStep(epoch: epoch, rate: rate, seconds: seconds, totalSteps: totalSteps)
            let isEpochEnd = state.progress.position.sample == 0
            if isEpochEnd || isDone {
                let training = state.progress.figures
                if isEpochEnd { state.progress.figures = Figures() }
                let validation = try validationEvaluator.map { try evaluate($0, "validation") }
                let validated = clock.now
                let test = try evaluate(testEvaluator, "test")
                let report = EpochReport(
                    epoch: epoch + 1, epochs: experiment.epochs, training: training, validation: validation, test: test, rate: rate,
                    seconds: epochSeconds, samples: epochSamples, validationSeconds: Self.seconds(validated - mark),
                    testSeconds: Self.seconds(clock.now - validated))
                try finish(report, isBest: isEpochEnd && decide(on: report))
                (epochSeconds, epochSamples) = (0, 0)
                mark = clock.now
            }
        }
        if world.rank == 0, let explanation = earlyStop { reporter.stoppedEarly(explanation) }
        recorder.enter(.ended, step: state.progress.position.step)
    }

    /// Why training ends before its last epoch; nil where it does not.
    private var earlyStop: String? {
        let best = state.progress.best
        guard let patience = experiment.earlyStopping, best.epochsSince >= patience,
            state.progress.position.epoch < experiment.epochs
        else {
            return nil
        }
        return
            "early stopping: the \(validationEvaluator == nil ? "test" : "validation") loss has not fallen below \(best.loss ?? .nan) for \(best.epochsSince) epochs"
    }

    private var isDone: Bool {
        let progress = state.progress
        return progress.position.epoch >= experiment.epochs || progress.position.step >= execution.maxSteps ?? .max
            || earlyStop != nil
    }

    /// The number of the run's last step: those taken, and those that are left of this epoch and the following ones, or fewer where the
    /// recipe says so. Steps before a resumption may have had another global batch.
    var totalSteps: Int {
        let position = state.progress.position
        guard position.epoch < experiment.epochs else { return position.step }
        let leftOfEpoch = (trainingSamples - position.sample + experiment.globalBatch - 1) / experiment.globalBatch
        return min(
            position.step + leftOfEpoch + (experiment.epochs - position.epoch - 1) * stepsPerEpoch, execution.maxSteps ?? .max)
    }

    private var stepsPerEpoch: Int { (trainingSamples + experiment.globalBatch - 1) / experiment.globalBatch }

    /// The learning rate of the step that begins at `position`.
    private func rate(at position: Position) -> Double {
        let stepInEpoch = position.sample / experiment.globalBatch
        let point = Schedule.Point(
            epoch: position.epoch, epochs: experiment.epochs, step: position.epoch * stepsPerEpoch + stepInEpoch,
            steps: experiment.epochs * stepsPerEpoch)
        return experiment.rate(at: point, plateau: state.progress.plateau)
    }

    private static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    /// One step: every operation of the program in its order, on the next batch.
    private func step() throws {
        let step = state.progress.position.step
        recorder.enter(.loading, step: step)
        let batch = try loader.next()
        require(
            batch.position == state.progress.position,
            "the loader is at \(batch.position), training at \(state.progress.position)")
        for (index, operation) in program.operations.enumerated() {
            switch operation {
            case .clear:
                stepFigures = Figures()
                state.gradients.base.update(repeating: 0, count: state.gradients.count)
            case .prepare:
                recorder.enter(.forward, step: step, operation: index)
                plan.prepare(parameters: state.parameters.base)
            case .compute(let group, let direction):
                recorder.enter(direction == .forward ? .forward : .backward, step: step, operation: index)
                compute(samples(of: group, in: batch), direction, step: step)
            case .computeStage(let stage, let direction):
                recorder.enter(direction == .forward ? .forward : .backward, step: step, operation: index)
                compute(share(of: batch), direction, stage: stage, step: step)
            case .exchange(let collective):
                recorder.enter(.exchange, step: step, operation: index)
                try sum(collective, of: batch)
            case .update(let range):
                recorder.enter(.update, step: step, operation: index)
                optimiserStep.update(
                    range, of: state, samples: batch.globalCount, rate: rate(at: batch.position), epoch: batch.position.epoch)
            case .updateStatistics:
                recorder.enter(.update, step: step, operation: index)
                state.layout.updateStatistics(
                    parameters: state.parameters.base, gradients: state.gradients.base, samples: batch.globalCount)
            }
        }
        state.progress.figures += stepFigures
        state.progress.position = state.progress.position.advanced(globalBatch: partition.globalBatch, samples: trainingSamples)
    }

    private func samples(of group: Range<Int>, in batch: LocalBatch) -> MicroBatch {
        RankWork.samples(of: group, partition, in: batch, imageCount: plan.model.input.count)
    }

    /// All of this rank's micro-batches as one, normalised by the statistics of the global batch.
    private func share(of batch: LocalBatch) -> MicroBatch {
        MicroBatch(
            images: batch.images, labels: batch.labels, count: batch.places.count, firstSample: batch.places.lowerBound,
            statisticsCount: batch.globalCount)
    }

    private func compute(_ share: MicroBatch, _ direction: Direction, stage: Int, step: Int) {
        let mode = Plan.Mode.training(seed: experiment.seed, step: step)
        switch direction {
        case .forward:
            plan.forward(share, stage: stage, parameters: state.parameters.base, mode: mode, figures: &stepFigures)
        case .backward:
            for pass in plan.backwardPasses(ofStage: stage) {
                plan.backward(
                    share, pass: pass, parameters: state.parameters.base, gradients: state.gradients.base, mode: mode
                ) {}
            }
        }
    }

    private func compute(_ microBatch: MicroBatch, _ direction: Direction, step: Int) {
        let mode = Plan.Mode.training(seed: experiment.seed, step: step)
        switch direction {
        case .forward: plan.forward(microBatch, parameters: state.parameters.base, mode: mode, figures: &stepFigures)
        case .backward:
            plan.backward(microBatch, parameters: state.parameters.base, gradients: state.gradients.base, mode: mode)
        }
    }

    /// Adds up over all ranks, which stop here together where the loss of any sample is no number.
    private func sum(_ collective: Collective, of batch: LocalBatch) throws {
        let lostHere = stepFigures.nonFinite
        try exchange.run(collective, figures: &stepFigures)
        guard collective == .figures else { return }
        require(
            stepFigures.samples == batch.globalCount,
            "the ranks computed \(stepFigures.samples) samples of a global batch of \(batch.globalCount)")
        if stepFigures.nonFinite > 0 { try stopDiverged(lostHere: lostHere) }
    }

    /// Ends training on all ranks before a loss that is no number reaches the parameters.
    private func stopDiverged(lostHere: Int) throws {
        let step = state.progress.position.step
        _ = try world.agreed {
            if lostHere > 0 {
                throw Failure(
                    .diverged,
                    "step \(step + 1): the loss of \(lostHere) sample\(lostHere == 1 ? "" : "s") is not a finite number; training has "
                        + "diverged. Lower the learning rate (\(rate(at: state.progress.position)) now); no parameter was "
                        + "changed by this step, and earlier checkpoints stand.")
            }
        }
    }

    private func evaluate(_ evaluator: Evaluator, _ set: String) throws -> Figures {
        recorder.enter(.evaluating, step: state.progress.position.step)
        let figures = try evaluator.figures(parameters: state.parameters.base, over: world, sums: sums)
        // The last step may have been the one that diverged: what it left must not become the newest checkpoint.
        if figures.nonFinite > 0 {
            let step = state.progress.position.step
            _ = try world.agreed {
                throw Failure(
                    .diverged,
                    "step \(step): after it, the loss of \(figures.nonFinite) \(set) samples is not a finite number; training has "
                        + "diverged. Lower the learning rate; no checkpoint was written, and earlier ones stand.")
            }
        }
        return figures
    }

    /// Takes the decisions that hang on the validation loss, or on the test loss where no images are held out; the figures are exact, so
    /// every rank takes the same. Returns whether it is the smallest so far.
    private func decide(on report: EpochReport) -> Bool {
        let figures = report.validation ?? report.test
        experiment.plateau?.observe(
            loss: figures.meanLoss, accuracy: figures.accuracy, rate: report.rate, state: &state.progress.plateau)
        return state.progress.best.observe(figures.meanLoss)
    }

    private func reportStep(epoch: Int, rate: Double, seconds: Double, totalSteps: Int) throws {
        let step = state.progress.position.step
        if world.rank == 0 {
            let done = state.progress.position.sample == 0 ? stepsPerEpoch : state.progress.position.sample / experiment.globalBatch
            reporter.stepped(
                StepReport(
                    progress: state.progress, figures: stepFigures, seconds: seconds, stepsInEpoch: stepsPerEpoch,
                    stepInEpoch: done,
                    totalSteps: totalSteps))
        }
        if let metrics, execution.logEvery > 0, step % execution.logEvery == 0 {
            recorder.enter(.logging, step: step)
            try metrics.append(
                .step, epoch: epoch + 1, step: step, figures: stepFigures, rate: rate,
                timedSamples: stepFigures.samples,
                seconds: seconds)
        }
    }

    /// Writes down an epoch (or the part of one that the recipe asked for): log lines, report, checkpoint.
    private func finish(_ report: EpochReport, isBest: Bool) throws {
        let step = state.progress.position.step
        if let metrics {
            try metrics.append(
                .train, epoch: report.epoch, step: step, figures: report.training, rate: report.rate, timedSamples: report.samples,
                seconds: report.seconds)
            if let validation = report.validation {
                try metrics.append(
                    .validation, epoch: report.epoch, step: step, figures: validation, rate: report.rate,
                    timedSamples: validation.samples, seconds: report.validationSeconds)
            }
            try metrics.append(
                .test, epoch: report.epoch, step: step, figures: report.test, rate: report.rate, timedSamples: report.test.samples,
                seconds: report.testSeconds)
        }
        if world.rank == 0 { reporter.finishedEpoch(report) }
        if let store {
            recorder.enter(.checkpointing, step: step)
            let checkpoint = try state.checkpoint(of: experiment)
            reporter.wroteCheckpoint(try store.write(checkpoint, step: step))
            if isBest { try store.keepAsBest(checkpoint, step: step) }
        }
    }
}
