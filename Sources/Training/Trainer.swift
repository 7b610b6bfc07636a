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
    let experiment: Experiment
    let execution: Execution
    let world: Communicator
    let reporter: any TrainingReporter
    let recorder: FlightRecorder
    let state: TrainingState
    let division: DividedState?
    let strategy: StepStrategy
    let plan: Plan
    let exchange: Exchange
    let replicas: ReplicaCheck
    private let fault: FaultPoint?
    let runner: StepRunner
    let partition: BatchPartition
    private let loader: BatchLoader
    private let testEvaluator: Evaluator
    /// Nil where no images are held out.
    private let validationEvaluator: Evaluator?
    private let sums = FigureSums()
    /// Rank 0's alone.
    let log: RunLog?
    let writer: CheckpointWriter?
    let wishes: WishSource
    /// Why the newest lines of the log are not in its files; nil where they are.
    var lostLog: Failure?
    let trainingSamples: Int
    /// While steps are traced.
    private var timeline: StepTimeline?
    /// Those who want to know what steps are spent on.
    var observers: [any StepObserver] = []
    let run: RunDirectory
    private let tracePath: String
    private let clock = ContinuousClock()
    /// Whether the validation error has come below the recipe's goal.
    private var reachedGoal = false
    /// Of the step that is over.
    private var stepFigures: Figures { runner.figures.figures }

    init(_ session: TrainingSession, log: RunLog?, writer: CheckpointWriter?) throws {
        experiment = session.experiment
        execution = session.execution
        world = session.world
        reporter = session.reporter
        recorder = session.recorder
        (state, division) = (session.state, session.division)
        partition = session.partition
        strategy = session.strategy
        fault = session.fault
        replicas = ReplicaCheck(
            state: state, momentum: strategy.sharesOutUpdates ? nil : state.velocity?.whole,
            replicated: (strategy.hybrid?.outline.parameterCount ?? 0)..<state.layout.arenaCount, world: world, recorder: recorder)
        let plan = session.plan
        self.plan = plan
        exchange = Exchange(
            world: world, plan: strategy.hybrid?.fronts.first ?? plan, gradients: state.gradients, buckets: strategy.buckets,
            recorder: recorder)
        runner = StepRunner(
            experiment, partition: partition, plan: plan, strategy: strategy, state: state, exchange: exchange)
        self.log = log
        self.writer = writer
        wishes = WishSource(session.stopSignals, session.execution, since: session.start, isFirstRank: session.world.rank == 0)
        run = session.run
        tracePath = session.run.trace(fromStep: state.progress.position.step)
        if execution.traceSteps > 0 {
            let timeline = try StepTimeline(
                of: strategy.program, firstStep: state.progress.position.step, steps: execution.traceSteps, world: world)
            (self.timeline, exchange.timeline) = (timeline, timeline)
            observers.append(timeline)
        }
        trainingSamples = session.training.count
        let normalisation = session.dataset.normalisation
        loader = BatchLoader(
            reader: SampleReader(
                samples: session.training, normalisation: normalisation, augmentation: experiment.augmentation,
                seed: experiment.seed),
            partition: partition, rank: world.rank, seed: experiment.seed, from: state.progress.position)
        let chunk = Evaluator.chunk(for: experiment)
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
            do { try step() } catch let failure as AgreedFailure {
                // All ranks are here together.
                try writeTimeline()
                throw failure
            }
            let now = clock.now
            let seconds = Self.seconds(now - mark)
            mark = now
            epochSeconds += seconds
            epochSamples += stepFigures.samples
            reportStep(epoch: epoch, rate: rate, seconds: seconds, totalSteps: totalSteps)
            if timeline?.isOver(after: state.progress.position.step - 1) ?? false {
                try writeTimeline()
                mark = clock.now
            }
            if try validateWithinEpoch(epoch: epoch, rate: rate) { mark = clock.now }
            let isEpochEnd = state.progress.position.sample == 0
            if isEpochEnd || isDone {
                let (training, batchLosses) = (state.progress.figures, state.progress.batchLosses)
                if isEpochEnd { (state.progress.figures, state.progress.batchLosses) = (Figures(), BatchLosses()) }
                recorder.enter(.evaluating, step: state.progress.position.step)
                try division?.gatherParameters(recorder)
                let validation = try validationEvaluator.map { try evaluate($0, "validation") }
                if let validation { observeGoal(validation) }
                let validated = clock.now
                let test = try evaluate(testEvaluator, "test")
                let report = EpochReport(
                    epoch: epoch + 1, epochs: experiment.epochs, training: training, lossVariance: batchLosses.variance,
                    validation: validation, test: test, rate: rate,
                    seconds: epochSeconds, samples: epochSamples, validationSeconds: Self.seconds(validated - mark),
                    testSeconds: Self.seconds(clock.now - validated))
                try finish(report, isBest: isEpochEnd && decide(on: report))
                (epochSeconds, epochSamples) = (0, 0)
                mark = clock.now
            } else if isCheckpointDue || isStopping {
                try writeCheckpoint()
                mark = clock.now
            }
            reportCheckpoints(writer?.outcomes())
            if isStopping, !isDone { try stop() }
        }
        try writeTimeline()
        try world.agreed(notedIn: recorder, settle)
        if world.rank == 0, let explanation = goalStop ?? earlyStop { reporter.stoppedEarly(explanation) }
        recorder.enter(.stopping, step: state.progress.position.step)
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
            || reachedGoal || earlyStop != nil
    }

    private var goalStop: String? {
        guard reachedGoal, let goal = execution.goal else { return nil }
        return "the validation error is below \(goal) after \(state.progress.position.step.grouped) steps"
    }

    /// Every rank has the same exact figures, so all of them end, or none.
    private func observeGoal(_ validation: Figures) {
        if let goal = execution.goal, validation.error < goal { reachedGoal = true }
    }

    /// Looks at the images held out between two epochs' ends, where the recipe asks for it; collective. Returns whether it did.
    ///
    /// The end of an epoch, and of training, looks at them anyway, and writes the line that says how training ended.
    private func validateWithinEpoch(epoch: Int, rate: Double) throws -> Bool {
        let position = state.progress.position
        guard execution.evaluateEvery > 0, position.step.isMultiple(of: execution.evaluateEvery), position.sample != 0, !isDone,
            let validationEvaluator
        else {
            return false
        }
        let start = clock.now
        recorder.enter(.evaluating, step: position.step)
        try division?.gatherParameters(recorder)
        let figures = try evaluate(validationEvaluator, "validation")
        observeGoal(figures)
        if !reachedGoal {
            let row = MetricsRow(
                .validation, epoch: epoch + 1, step: position.step, figures: figures, rate: rate, timedSamples: figures.samples,
                seconds: Self.seconds(clock.now - start))
            record { try $0.append(row) }
        }
        return true
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
    func step() throws {
        let step = state.progress.position.step
        recorder.enter(.loading, step: step)
        if !observers.isEmpty {
            let samples = state.progress.position.nextBatchCount(globalBatch: partition.globalBatch, samples: trainingSamples)
            for observer in observers { observer.begin(step: step, samples: samples) }
        }
        let batch = try observed(.loading) { try loader.next() }
        require(
            batch.position == state.progress.position,
            "the loader is at \(batch.position), training at \(state.progress.position)")
        let rate = rate(at: batch.position)
        runner.begin(batch, wishes: wishes.now())
        for (index, operation) in strategy.program.operations.enumerated() {
            recorder.enter(operation.phase, step: step, operation: index)
            try observed(.operation(index)) {
                try fault?.strike(
                    before: operation, index, of: strategy.program.operations.count, state, step: step + 1,
                    checkpoints: run.checkpoints,
                    world: world, recorder: recorder)
                try runner.run(operation, on: batch, rate: rate)
            }
            if operation == .exchange(.figures) { try checkFigures(of: batch) }
        }
        state.progress.figures += stepFigures
        state.progress.batchLosses.observe(stepFigures.meanLoss)
        state.progress.position = state.progress.position.advanced(globalBatch: partition.globalBatch, samples: trainingSamples)
        fault?.spoilParameters(of: state, rank: world.rank, step: step + 1)
        if world.size > 1, execution.checkEvery > 0, (step + 1).isMultiple(of: execution.checkEvery) {
            recorder.enter(.exchange, step: step)
            try observed(.comparing) { try replicas.run(afterStep: step + 1) }
        }
    }

    func observed<Result>(_ activity: StepActivity, _ work: () throws -> Result) rethrows -> Result {
        for observer in observers { observer.began(activity) }
        let result = try work()
        for observer in observers { observer.ended(activity) }
        return result
    }

    func writeTimeline() throws {
        guard let timeline else { return }
        observers.removeAll { $0 === timeline }
        recorder.enter(.logging, step: state.progress.position.step)
        if let problem = try timeline.write(to: tracePath) { reporter.warn(problem) }
        (self.timeline, exchange.timeline) = (nil, nil)
    }

    /// Ends training on all ranks before a loss or a gradient that is no number reaches the parameters.
    private func checkFigures(of batch: LocalBatch) throws {
        let figures = runner.figures
        require(
            figures.figures.samples == batch.globalCount,
            "the ranks computed \(figures.figures.samples) samples of a global batch of \(batch.globalCount)")
        guard figures.figures.nonFinite > 0 || figures.ranksLost > 0 else { return }
        try exchange.finishAll()
        let lost = try LostNumber.first(runner.lost, inBatchOf: batch.globalCount, over: world)
        _ = try world.agreed {
            guard let lost else { return }
            let order = Permutation(count: trainingSamples, seed: experiment.seed, epoch: batch.position.epoch)
            throw Failure(
                .diverged,
                "step \(batch.position.step + 1): \(lost.subject(state.layout)) "
                    + "is not a finite number; training has diverged. Lower the learning rate (\(rate(at: batch.position)) now); "
                    + (experiment.variableBatch == nil ? "no parameter was changed by this step" : "no checkpoint holds this step")
                    + ", and earlier checkpoints stand. "
                    + "It comes from \(lost.origin(in: batch, partition, order: order)).")
        }
    }

    private func evaluate(_ evaluator: Evaluator, _ set: String) throws -> Figures {
        recorder.enter(.evaluating, step: state.progress.position.step)
        let parameters = (division?.whole ?? state).parameters
        let figures = try evaluator.figures(parameters: parameters.base, over: world, sums: sums, notedIn: recorder)
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

    private func reportStep(epoch: Int, rate: Double, seconds: Double, totalSteps: Int) {
        let step = state.progress.position.step
        if world.rank == 0 {
            let done = state.progress.position.sample == 0 ? stepsPerEpoch : state.progress.position.sample / experiment.globalBatch
            reporter.stepped(
                StepReport(
                    progress: state.progress, figures: stepFigures, seconds: seconds, stepsInEpoch: stepsPerEpoch,
                    stepInEpoch: done,
                    totalSteps: totalSteps))
        }
        if world.rank == 0, execution.logEvery > 0, step % execution.logEvery == 0 {
            recorder.enter(.logging, step: step)
            let row = MetricsRow(
                .step, epoch: epoch + 1, step: step, figures: stepFigures, rate: rate, timedSamples: stepFigures.samples,
                seconds: seconds, gradientNorm: gradientNorm)
            record { try $0.append(row) }
        }
    }

    /// The Euclidean norm of the last step's mean gradient; nil where no rank has the whole of it.
    private var gradientNorm: Double? {
        guard execution.parallelism == .replicated else { return nil }
        return Norm.sumOfSquares(count: state.layout.trainedCount, state.gradients.base).squareRoot() / Double(stepFigures.samples)
    }

    /// Writes down an epoch (or the part of one that the recipe asked for): log lines, report, checkpoint.
    private func finish(_ report: EpochReport, isBest: Bool) throws {
        let step = state.progress.position.step
        for row in report.rows(step: step) { record { try $0.append(row) } }
        record { log in
            let whole = division?.whole ?? state
            try log.append(
                RunLog.State(
                    parameters: whole.parameters, layout: whole.layout,
                    // Else no rank has the whole sum.
                    gradients: execution.parallelism == .replicated ? state.gradients : nil, samples: stepFigures.samples),
                step: step, epoch: state.progress.position.sample == 0 ? report.epoch : nil, isLast: isDone)
        }
        if world.rank == 0 { reporter.finishedEpoch(report) }
        try writeCheckpoint(isBest: isBest)
    }
}
