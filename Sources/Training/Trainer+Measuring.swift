import Datasets
import Diagnostics
import Foundation
import MPI
import Parallelism
import Timing

extension Trainer {
    /// Takes training steps, by the same loop and on the same data as in training, and tells where their time went. Nothing is evaluated, and
    /// no step is logged. Collective.
    ///
    /// - Precondition: the recipe has so many steps of a whole global batch.
    /// - Throws: `AgreedFailure` where a replayed record does not fit; as `train`.
    func measure(_ measurement: StepMeasurement) throws -> StepRecord {
        let wanted = measurement.warmUp + measurement.steps
        let wholeSteps = experiment.epochs * (trainingSamples / experiment.globalBatch)
        require(wanted <= wholeSteps, "\(wanted) steps of a whole batch are measured, the recipe has \(wholeSteps)")
        if let times = measurement.replay { runner.replay = try replay(times) }
        let plan = strategy.hybrid?.fronts.first ?? plan
        let passes = PassClock(stages: plan.stageCount, passes: plan.backwardPassCount)
        let clock = StepClock(
            of: strategy.program, wholeBatch: experiment.globalBatch, warmUp: measurement.warmUp, steps: measurement.steps,
            passes: passes, world: world)
        runner.passClock = passes
        observers.append(clock)
        let start = try AlignedClock.comparison(over: world)
        let startDate = Date()
        while !clock.isFull {
            recorder.begin(epoch: state.progress.position.epoch)
            try step()
            if measurement.checkpointEvery > 0, state.progress.position.step.isMultiple(of: measurement.checkpointEvery) {
                try observed(.checkpointing) { try writeCheckpoint() }
            }
        }
        clock.endStep()
        (observers, runner.passClock, runner.replay) = ([], nil, nil)
        let aligned = AlignedClock(start, try AlignedClock.comparison(over: world))
        let waits = try WaitDivision(clock.waits, clock: aligned, over: world)
        var own = rankSteps(clock, waits)
        if measurement.replay == nil, strategy.hybrid == nil {
            own.computing = clock.computeTimes(
                of: strategy.program, passes: passes, groupSamples: groupSamples, arenaFloats: state.layout.arenaCount)
        }
        return try record(of: own, measuredAt: startDate, isReplayed: measurement.replay != nil)
    }

    private func replay(_ times: ComputeTimes) throws -> StepReplay {
        try world.agreed {
            guard times.forward.count == plan.stageCount, times.backward.count == plan.backwardPassCount else {
                throw Failure(
                    .usage,
                    "the record that is replayed is of another model: it has \(times.backward.count) passes of the way back, "
                        + "\(experiment.model.name) has \(plan.backwardPassCount)")
            }
            let replay = StepReplay(times, arenaFloats: state.layout.arenaCount)
            try replay.check(strategy.program)
            // Ranks whose computing leaves the cores to others leave them so while they wait.
            IdleCore.sleep()
            guard times.groupSamples == groupSamples else {
                throw Failure(
                    .usage,
                    "the record that is replayed computed up to \(times.groupSamples) samples together, these ranks \(groupSamples): "
                        + "measure one rank with the batch and the micro-batches of one of these")
            }
            return replay
        }
    }

    /// The most samples that this rank computes together.
    private var groupSamples: Int {
        strategy.program.operations.compactMap { operation in
            guard case .forward(let group, _) = operation else { return nil }
            return partition.positions(ofMicroBatches: group, inBatchOf: experiment.globalBatch).count
        }.max() ?? 0
    }

    private func rankSteps(_ clock: StepClock, _ waits: WaitDivision) -> RankSteps {
        let count = Double(clock.steps.count)
        var parts = StepParts()
        (parts.data, parts.checkpoint, parts.other) = (clock.loadingSeconds, clock.checkpointSeconds, clock.comparingSeconds)
        (parts.waiting, parts.transfer) = (waits.waiting, waits.transfer)
        let operations = strategy.program.operations
        for (index, operation) in operations.enumerated() where !clock.waiting.contains(index) {
            parts[operation.part] += clock.operationSeconds[index]
        }
        for part in StepPart.allCases { parts[part] /= count }
        var steps = RankSteps(
            host: world.hostName,
            samples: partition.positions(ofRank: world.rank, inBatchOf: experiment.globalBatch).count,
            steps: clock.steps, ownWork: clock.ownWork, parts: parts, independentSeconds: clock.steps.reduce(0, +),
            operations: zip(operations, clock.operationSeconds).map { operation, seconds in
                TimedOperation(operation, seconds: seconds / count, bytes: exchange.byteCount(of: operation))
            },
            sentBytes: clock.sentBytes / clock.steps.count)
        steps.checkpoints = clock.checkpoints
        steps.processor = hostProcessorName() ?? ""
        return steps
    }

    /// Puts all ranks' steps together. Collective.
    private func record(of own: RankSteps, measuredAt date: Date, isReplayed: Bool) throws -> StepRecord {
        let bytes = try world.agreed { Array(try JSONEncoder().encode(own)) }
        let gathered = try world.allGather(bytes: bytes)
        let all = try world.agreed { try gathered.map { try JSONDecoder().decode(RankSteps.self, from: Data($0)) } }
        let buckets = strategy.buckets?.gradients.buckets ?? []
        return StepRecord(
            measuredAt: date.ISO8601Format(), model: experiment.model.name,
            globalBatch: experiment.globalBatch,
            microBatches: experiment.microBatches,
            exchange: StepRecord.Exchange(
                strategy.exchangeMethod, placement: execution.parallelism.recorded,
                overlapped: execution.overlap, sumsMicroBatches: experiment.reproducible),
            buckets: buckets.map {
                StepRecord.Bucket(firstFloat: $0.range.lowerBound, floats: $0.range.count, wire: $0.wire)
            },
            ranks: all, links: try LinkMeasurement.links(over: world), isReplayed: isReplayed)
    }
}

extension ParameterPlacement {
    fileprivate var recorded: StepRecord.Exchange.Placement {
        switch self {
        case .replicated: .replicated
        case .sharded: .sharded
        case .hybrid: .hybrid
        }
    }
}
