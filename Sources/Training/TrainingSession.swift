import Checkpoints
import Datasets
import Diagnostics
import Foundation
import Kernels
import MPI
import Networks
import Recorder
import Timing

/// What a user asks for when training starts: a recipe or what is resumed, and settings that go over either.
public struct TrainingRequest: Sendable {
    /// The recipe of a file; nil where the settings alone, or the run that is resumed, say all.
    public var recipe: Recipe?
    /// The model by name, where one was given.
    public var model: BuiltInModel?
    public var resume: Resume?
    /// Whether the algorithms of convolutions are timed before the first step, and the fastest taken.
    public var tunes: Bool
    /// Whether a world of one rank goes by the step program of several, and exchanges with nobody: what a rank of many does by itself.
    public var isOneOfMany: Bool
    /// Settings that go over the recipe's.
    public var settings: @Sendable (inout Recipe) -> Void
    /// The command line, for `run.json`.
    public var command: [String]

    public enum Resume: Sendable, Equatable {
        /// The newest good checkpoint of the run directory.
        case newest
        /// A checkpoint by its path.
        case file(String)
    }

    public init(
        recipe: Recipe?, model: BuiltInModel?, resume: Resume?, tunes: Bool = false, isOneOfMany: Bool = false,
        command: [String], settings: @escaping @Sendable (inout Recipe) -> Void
    ) {
        self.recipe = recipe
        self.model = model
        self.resume = resume
        self.tunes = tunes
        self.isOneOfMany = isOneOfMany
        self.settings = settings
        self.command = command
    }
}

/// All that a rank has in hand when its first step begins: the resolved recipe, data, network and state. Made by all ranks together.
public final class TrainingSession {
    let experiment: Experiment
    let execution: Execution
    let world: Communicator
    let reporter: any TrainingReporter
    let recorder: FlightRecorder
    let dataset: Dataset
    /// The images that are trained on, and those that are held out.
    let training: Selection
    let validation: Selection?
    let partition: BatchPartition
    let plan: Plan
    let strategy: StepStrategy
    let fault: FaultPoint?
    let state: TrainingState
    /// Nil where this rank has the whole state.
    let division: DividedState?
    let run: RunDirectory
    private let resumed: ResumedCheckpoint?
    let start = ContinuousClock.now
    /// Heard from the first moment on: a job may be told to stop before its first step.
    let stopSignals = StopSignals()
    /// Watches until training does.
    private let startUp: StartUp
    private let tellEnd: @Sendable (String) -> Void

    /// Collective: every rank calls it with the same request.
    ///
    /// - Parameter tellEnd: called on another thread, where this rank ends the job because others are lost or do not get on, before it does,
    ///   with what it found: a line for each rank.
    /// - Throws: `AgreedFailure` on every rank, where any finds its data, recipe, checkpoint or run directory unusable.
    public init(
        _ request: TrainingRequest, world: Communicator, reporter: any TrainingReporter,
        tellEnd: @escaping @Sendable (String) -> Void
    ) throws {
        self.world = world
        self.reporter = reporter
        self.tellEnd = tellEnd
        let startUp = StartUp(world: world, deadline: request.deadline, tell: tellEnd)
        self.startUp = startUp
        let resumed = try ResumedCheckpoint.open(request, startUp, reporter: reporter)
        self.resumed = resumed
        var recipe = try startUp.agreed("reads the recipe") { try request.recipe(resuming: resumed) }
        startUp.setDeadline(recipe.execution.deadline)
        let fault = try startUp.agreed("reads LOCKSTEP_FAULT") { try FaultPoint.inEnvironment() }
        self.fault = fault
        let dataset = try startUp.agreed("opens the data set") {
            fault?.strikeStart(rank: world.rank)
            return try Self.openData(recipe.execution)
        }
        self.dataset = dataset
        var experiment = try startUp.agreed("fits the recipe to the data") {
            var resolved = try recipe.experiment.resolved(with: dataset, ranks: world.size)
            try resumed?.checkFits(resolved)
            fault?.change(&resolved, rank: world.rank)
            return resolved
        }
        let comparison = StartComparison(startUp: startUp)
        try comparison.compare(experiment, recipe.execution)
        try comparison.compare(dataset)
        let (training, validation) = experiment.split.divide(dataset.training)
        (self.training, self.validation) = (training, validation)
        let partition = try startUp.agreed("divides the batch") {
            try BatchPartition(
                globalBatch: experiment.globalBatch, microBatches: experiment.microBatches, ranks: world.size,
                samples: training.count)
        }
        self.partition = partition
        let batchNorm = try startUp.agreed("divides the batch") {
            let check = try BatchNormCheck(experiment, partition: partition, samples: training.count)
            try check.check()
            return check
        }
        if world.rank == 0, let warning = batchNorm.warning { reporter.warn(warning) }
        if world.rank == 0, let warning = experiment.schedule.warning(epochs: experiment.epochs) { reporter.warn(warning) }
        func checkMemory(_ experiment: Experiment) throws {
            try startUp.agreed("looks at its memory") {
                try MemoryNeed(experiment, recipe.execution, partition: partition, rank: world.rank)
                    .check(ranksHere: world.localSize)
            }
        }
        try checkMemory(experiment)
        if request.tunes {
            experiment = try experiment.tuned(partition: partition, startUp, reporter: reporter)
            // Other kernels take other scratch.
            try checkMemory(experiment)
        }
        self.experiment = experiment
        fault?.changeKernels(of: &experiment, rank: world.rank)
        let (work, plan) = try startUp.agreed("makes room for the network") {
            let work = try RankWork(experiment, recipe.execution.parallelism, partition: partition, rank: world.rank)
            return (work, try Plan(experiment, work.wholeOptions))
        }
        self.plan = plan
        strategy = try StepStrategy(
            experiment, recipe.execution, asOneOfMany: request.isOneOfMany, partition: partition, plan: plan, work: work,
            world: world)
        try comparison.compare(strategy.program, plan)
        let state = TrainingState(layout: strategy.layout, optimiser: experiment.optimiser, in: strategy.storage)
        self.state = state
        division = work.divided.map { DividedState($0, own: state, optimiser: experiment.optimiser, world: world) }
        let whole = division?.whole ?? state
        whole.layout.initialise(whole.parameters.base, seed: experiment.seed)
        try resumed?.restore(whole, for: experiment, startUp)
        division?.cut()

        let run = try Self.prepareRunDirectory(
            recipe, experiment, request: request, resumed: resumed, startUp, reporter: reporter)
        self.run = run
        recipe.execution.run = run.path
        execution = recipe.execution
        recorder = try startUp.agreed("makes the run directory") {
            try run.make()
            let recorder = try FlightRecorder(
                path: run.recorder(rank: world.rank), rank: world.rank, size: world.size, host: world.hostName)
            recorder.noteFatalSignals()
            return recorder
        }
    }

    /// Trains to the end of the recipe; collective.
    public func train() throws {
        defer { stopSignals.end() }
        let (trainer, log, writer, heartbeats) = try closingRecord { try begin() }
        defer { heartbeats.end() }
        startUp.end()
        let watchdog = Watchdog(
            run, heartbeats.lookout, deadline: execution.deadline, signals: stopSignals, pulse: recorder.pulse, tell: tellEnd)
        defer { watchdog.end() }
        do {
            try trainer.train()
            try strategy.free()
            try log?.append(.success)
            recorder.close(RunState.completion)
        } catch {
            // What ended training is told, not what the log may have against it.
            let stop = (error as? AgreedFailure)?.failure.asked
            try? log?.append(stop == nil ? .failure : .success)
            // Of a checkpoint that is on its way to disk nothing is lost where all ranks are still here.
            if error is AgreedFailure { _ = writer?.finish() }
            recorder.close(stop?.description ?? String(describing: error))
            watchdog.end()
            heartbeats.end()
            report(error, heartbeats.lookout)
            throw error
        }
    }

    /// Does work whose failure is this rank's last word.
    private func closingRecord<Result>(_ work: () throws -> Result) throws -> Result {
        do { return try work() } catch {
            recorder.close(String(describing: error))
            throw error
        }
    }

    /// What is left to do before the first step. Collective.
    private func begin() throws -> (trainer: Trainer, log: RunLog?, writer: CheckpointWriter?, heartbeats: Heartbeats) {
        let start = state.progress
        let (log, writer) = try startUp.agreed("opens the log") {
            world.rank == 0
                ? (
                    try RunLog(
                        run, goingOnAfter: start.position.step, experiment: experiment, execution: execution, ranks: world.size,
                        host: world.hostName),
                    CheckpointWriter(CheckpointStore(directory: run.checkpoints, keep: execution.keep))
                ) : (nil, nil)
        }
        let trainer = try Trainer(self, log: log, writer: writer)
        if world.rank == 0 {
            reporter.started(
                RunSummary(
                    experiment: experiment, run: run, ranks: world.size, partition: partition,
                    parameterCount: plan.layout.parameterCount, start: start, totalSteps: trainer.totalSteps,
                    changes: resumed?.changes(to: experiment) ?? [],
                    resumedFrom: resumed?.path))
        }
        let heartbeats = try Heartbeats.start(
            run, pulse: recorder.pulse, deadline: execution.deadline, world: world, warn: reporter.warn)
        return (trainer, log, writer, heartbeats)
    }

    /// Leaves `failure.json` behind, unless training was asked to stop. What all ranks know of, the first of them reports.
    private func report(_ error: any Error, _ lookout: Lookout) {
        let agreed = error as? AgreedFailure
        let failure = agreed?.failure ?? Failure(reporting: error)
        guard failure.kind != .stopped, agreed == nil || world.rank == 0 else { return }
        run.reportFailure(
            Diagnosis(cause: .failed, ranks: agreed?.ranks ?? [world.rank], text: agreed?.description ?? failure.description),
            sights: lookout.sights(), exitCode: failure.kind.rawValue)
    }

    /// Takes training steps and tells where their time went; the run leaves no log, and checkpoints where they are asked for alone.
    /// Collective.
    ///
    /// - Returns: what all ranks measured, on every rank.
    public func measure(_ measurement: StepMeasurement) throws -> StepRecord {
        // A measurement that is cut short is none: signals end it.
        stopSignals.end()
        let writer =
            world.rank == 0 && measurement.checkpointEvery > 0
            ? CheckpointWriter(CheckpointStore(directory: run.checkpoints, keep: execution.keep)) : nil
        return try closingRecord {
            let trainer = try Trainer(self, log: nil, writer: writer)
            startUp.end()
            let record = try trainer.measure(measurement)
            try world.agreed { try trainer.settle() }
            try strategy.free()
            recorder.close(RunState.completion)
            return record
        }
    }

    private static func openData(_ execution: Execution) throws -> Dataset {
        guard let directory = execution.data else { throw Failure.noDataSet }
        return try Dataset.open(directory: directory)
    }

    /// Rank 0 makes the run directory and writes `run.json`; all learn its path. Collective.
    private static func prepareRunDirectory(
        _ recipe: Recipe, _ experiment: Experiment, request: TrainingRequest, resumed: ResumedCheckpoint?, _ startUp: StartUp,
        reporter: any TrainingReporter
    ) throws -> RunDirectory {
        let world = startUp.world
        let hosts = try world.hostNames()
        var path: [UInt8] = []
        try startUp.agreed("makes the run directory") {
            guard world.rank == 0 else { return }
            let run =
                try recipe.execution.run.map(RunDirectory.init(path:)) ?? resumed?.run
                ?? .makeNextFree(named: "\(experiment.model.name)-\(dataName(experiment))")
            // A run is gone on with in its own directory or in a new one; never in that of another run, whose record it would replace.
            try run.make()
            let isTaken = resumed == nil ? try run.holdsCheckpoint() : run.holdsRun
            if isTaken && resumed?.run.map({ $0.isSameDirectory(as: run) }) != true {
                throw Failure(
                    .usage,
                    resumed == nil
                        ? "\(run.path) already holds a run: go on with it by --resume, or give another directory by --run"
                        : "\(run.path) holds another run than the checkpoint's: give a new directory by --run, or none to go on in "
                            + "the checkpoint's own")
            }
            try run.putFailureAside()
            if let resumed { try supersede(after: resumed.progress.position.step, in: run, reporter: reporter) }
            var execution = recipe.execution
            execution.run = run.path
            execution.data = execution.data.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
            try run.write(
                RunRecord(
                    experiment: experiment, execution: execution,
                    circumstances: .init(
                        command: request.command, ranks: world.size, hosts: hosts,
                        started: Date().ISO8601Format(),
                        mpi: MPIEnvironment.libraryVersion, processor: hostProcessorName(), version: Release.version,
                        resumedFrom: resumed?.path)))
            path = Array(run.path.utf8)
        }
        return RunDirectory(path: String(decoding: try startUp.broadcast(path), as: UTF8.self))
    }

    /// A run that goes on from an earlier checkpoint than its newest leaves the later ones behind: the next resumption must not take them.
    private static func supersede(after step: Int, in run: RunDirectory, reporter: any TrainingReporter) throws {
        for (path, kept) in try CheckpointStore(directory: run.checkpoints, keep: 1).supersede(after: step) {
            reporter.warn("\(path) is later than what is resumed: kept as \(kept)")
        }
    }

    private static func dataName(_ experiment: Experiment) -> String { experiment.data?.format ?? "data" }
}

extension TrainingRequest {
    /// How long a stage of the start may last: what the recipe and the settings say, before a checkpoint is opened that may say otherwise.
    public var deadline: TimeSpan {
        var recipe = recipe ?? Recipe(experiment: Experiment(model: .named(BuiltInModel(.lenet5))))
        settings(&recipe)
        return recipe.execution.deadline
    }

    /// The recipe that is asked for: the file's, else that of the run that is resumed, else the settings alone; settings go over all.
    fileprivate func recipe(resuming resumed: ResumedCheckpoint?) throws -> Recipe {
        var recipe: Recipe
        if let given = self.recipe {
            recipe = given
            if let resumed { recipe.execution.run = recipe.execution.run ?? resumed.run?.path }
        } else if let resumed {
            recipe = Recipe(experiment: resumed.experiment, execution: resumed.execution)
            // Where the checkpoint stands now: its run may have been copied or moved since it was started.
            recipe.execution.run = resumed.run?.path
            // What ended that run must not end this one.
            recipe.execution.maxSteps = nil
            recipe.execution.timeLimit = nil
            recipe.execution.traceSteps = 0
        } else if let model {
            recipe = Recipe(experiment: Experiment(model: .named(model)))
        } else {
            throw Failure(.usage, "nothing says what to train: give a recipe file, --model NAME, or --resume")
        }
        if let model, self.recipe != nil || resumed != nil { recipe.experiment.model = .named(model) }
        settings(&recipe)
        try recipe.validate()
        try checkTuning(of: recipe.experiment)
        return recipe
    }
}

extension Failure {
    /// Itself where training ended because it was asked to.
    fileprivate var asked: Failure? { kind == .stopped ? self : nil }
}
