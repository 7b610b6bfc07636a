import Datasets
import Diagnostics
import Kernels
import Networks
import Parallelism

/// Carries out the operations of a step program on one rank.
final class StepRunner {
    /// Of this rank's micro-batches; behind their exchange, of the whole step.
    private(set) var figures = StepFigures()
    /// What this rank lost in this step; nil while all its losses and gradients are finite, and all that it gives to others.
    private(set) var lost: LostNumber?
    /// How many operations of the step in which ranks exchange something are over.
    private var moment = 0
    /// The passes over divided linear layers whose gradients have been summed since the last update from them.
    private var summedPasses = 0..<0

    private let seed: UInt64
    private let wire: WireType
    private let synchronisesBatchNorm: Bool
    private let partition: BatchPartition
    private let plan: Plan
    private let state: TrainingState
    private let optimiserStep: OptimiserStep
    /// The micro-batches whose sum stands in each slot at last.
    private let partialSums: [Range<Int>]
    /// Nil for one rank without MPI, which has nothing to exchange.
    private let exchange: Exchange?
    /// Nil where every rank has all layers whole.
    private let hybrid: HybridNetwork?
    /// Nil while nobody wants to know what single passes take.
    var passClock: PassClock?
    /// Nil where computing is real.
    var replay: StepReplay?

    init(
        _ experiment: Experiment, partition: BatchPartition, plan: Plan, strategy: StepStrategy, state: TrainingState,
        exchange: Exchange?
    ) {
        (seed, wire, synchronisesBatchNorm) = (experiment.seed, experiment.wire, experiment.syncBatchNorm)
        (self.partition, self.plan, self.state, self.exchange) = (partition, plan, state, exchange)
        (partialSums, hybrid) = (strategy.partialSums, strategy.hybrid)
        optimiserStep = OptimiserStep(optimiser: experiment.optimiser, layout: strategy.layout)
    }

    /// Before the operations of a step, behind which this rank has `wishes`.
    func begin(_ batch: LocalBatch, wishes: StepWishes = StepWishes()) {
        hybrid?.begin(batchOf: batch.globalCount)
        figures = StepFigures()
        figures.wishes = wishes
        lost = nil
        (moment, summedPasses) = (0, 0..<0)
    }

    /// - Parameter rate: the learning rate of this step.
    func run(_ operation: Operation, on batch: LocalBatch, rate: Double) throws {
        look(before: operation, of: batch)
        if let replay, !operation.isExchange {
            try pass(operation, of: batch, by: replay)
            return
        }
        switch operation {
        case .clear(let slot): state.gradientSlots[slot].base.update(repeating: 0, count: state.gradientSlots[slot].count)
        case .prepare:
            if let hybrid {
                hybrid.prepare(parameters: state.parameters.base)
            } else {
                plan.prepare(parameters: state.parameters.base)
            }
        case .forward(let group, let stages): forward(group, stages, of: batch)
        case .backward(let group, let passes, let slot): try backward(group, passes, of: batch, slot: slot)
        case .add(let slot, let range): add(slot, range)
        case .check(let slots, let range): check(slots, range, of: batch)
        case .exchange(let collective): try exchange?.run(collective, figures: &figures)
        case .start(let bucket, let form): try exchange?.start(bucket, form)
        case .finish(let bucket, let form): try exchange?.finish(bucket, form)
        case .update(let range):
            optimiserStep.update(range, of: state, samples: batch.globalCount, rate: rate, epoch: batch.position.epoch)
        case .linear(let operation): try linear(operation, of: batch, rate: rate)
        case .updateStatistics:
            state.layout.updateStatistics(
                parameters: state.parameters.base, gradients: state.gradients.base, samples: batch.globalCount)
        }
        if operation.isExchange { moment += 1 }
    }

    private func mode(_ batch: LocalBatch) -> Plan.Mode { .training(seed: seed, step: batch.position.step) }

    private func forward(_ group: Range<Int>, _ stages: Range<Int>, of batch: LocalBatch) {
        let (plan, samples) = (hybrid?.front(of: group) ?? plan, samples(of: group, in: batch))
        let lostBefore = figures.figures.nonFinite
        for stage in stages {
            timed(.forward(stage), samples.count) {
                plan.forward(
                    samples, stage: stage, parameters: state.parameters.base, mode: mode(batch), figures: &figures.figures
                ) {}
            }
        }
        if let hybrid, stages.upperBound == plan.stageCount {
            hybrid.linear.take(plan.outputValues, first: samples.firstSample - batch.places.lowerBound, count: samples.count)
        }
        let count = figures.figures.nonFinite - lostBefore
        if count > 0 { note(.loss(samples: count), of: [samples.firstSample..<samples.firstSample + samples.count]) }
    }

    /// Notes what this rank lost and is about to give to others within the network: behind that, all have lost it.
    private func look(before operation: Operation, of batch: LocalBatch) {
        guard lost == nil else { return }
        switch operation {
        case .exchange(.statistics(let layer)):
            let sums = (hybrid?.fronts.first ?? plan).statistics(layer)
            guard let values = sums.baseAddress, !Finiteness.holds(count: sums.count, values) else { return }
            note(.given(to: operation), of: [batch.places])
        case .linear(let linear):
            guard let hybrid, !hybrid.linear.givesFiniteValues(to: linear) else { return }
            note(.given(to: operation), of: hybrid.samples(givenTo: linear))
        default: return
        }
    }

    private func note(_ place: LostNumber.Place, of samples: [Range<Int>]) {
        let found = LostNumber(place: place, samples: samples, moment: moment)
        lost = lost?.joined(with: found) ?? found
    }

    private func linear(_ operation: LinearOperation, of batch: LocalBatch, rate: Double) throws {
        guard let hybrid else { fault("'\(operation)' where no linear layer is divided") }
        if case .update(let pass) = operation {
            let (range, samples) = (0..<hybrid.outline.parameterCount, hybrid.linear.samples(ofPass: pass))
            // A short batch may leave a pass without samples.
            guard samples > 0 else { return }
            optimiserStep.update(range, of: state, samples: samples, rate: rate, epoch: batch.position.epoch)
            state.gradients.base.update(repeating: 0, count: range.count)
            summedPasses = pass + 1..<pass + 1
            // The next pass learns from what this one has taught; the next step begins by this anyway.
            if pass + 1 < hybrid.outline.passes { hybrid.linear.prepare(parameters: state.parameters.base) }
            return
        }
        let lostBefore = figures.figures.nonFinite
        let step = LinearPart.Step(
            mode: mode(batch), parameters: state.parameters.base, gradients: state.gradients.base, labels: batch.labels)
        func run() throws { try hybrid.linear.run(operation, step, figures: &figures.figures) { try exchange?.progress() } }
        if let exchange, let (kind, count) = hybrid.collective(of: operation) {
            try exchange.noted(kind, count: count, run)
        } else {
            try run()
        }
        guard case .score(let pass) = operation else { return }
        summedPasses = summedPasses.lowerBound..<pass + 1
        let count = figures.figures.nonFinite - lostBefore
        if count > 0 { note(.loss(samples: count), of: hybrid.ownSamples(ofPass: pass)) }
    }

    private func backward(_ group: Range<Int>, _ passes: Range<Int>, of batch: LocalBatch, slot: Int) throws {
        let (plan, samples) = (hybrid?.front(of: group) ?? plan, samples(of: group, in: batch))
        if let hybrid, passes.lowerBound == 0 {
            hybrid.linear.give(plan.outputGradients, first: samples.firstSample - batch.places.lowerBound, count: samples.count)
        }
        for pass in passes {
            try timed(.backward(pass), samples.count) {
                try plan.backward(
                    samples, pass: pass, parameters: state.parameters.base,
                    gradients: state.gradientSlots[slot].base, mode: mode(batch)
                ) { try exchange?.progress() }
            }
        }
    }

    private func timed(_ pass: PassClock.Pass, _ samples: Int, _ work: () throws -> Void) rethrows {
        guard let passClock else { return try work() }
        try passClock.time(pass, samples: samples, work)
    }

    /// Lets the recorded time of an operation pass. Its samples count as seen; losses stay 0, and gradients and parameters what they were.
    private func pass(_ operation: Operation, of batch: LocalBatch, by replay: StepReplay) throws {
        var count = 0
        switch operation {
        case .forward(let group, let stages):
            count = samples(of: group, in: batch).count
            if stages.upperBound == plan.stageCount { figures.figures.samples += count }
        case .backward(let group, _, _): count = samples(of: group, in: batch).count
        default: break
        }
        try replay.pass(operation, samples: count) { try exchange?.progress() }
    }

    private func add(_ slot: Int, _ range: Range<Int>) {
        let (sum, term) = (state.gradientSlots[slot - 1].base, state.gradientSlots[slot].base)
        // The sums of running statistics are never rounded.
        let trainedCount = state.layout.trainedCount
        let (gradients, statistics) = (range.clamped(to: 0..<trainedCount), range.clamped(to: trainedCount..<Int.max))
        wire.add(
            count: gradients.count, sum + gradients.lowerBound, term + gradients.lowerBound, to: sum + gradients.lowerBound)
        WireType.fp32.add(
            count: statistics.count, sum + statistics.lowerBound, term + statistics.lowerBound, to: sum + statistics.lowerBound)
    }

    private func check(_ slots: Range<Int>, _ range: Range<Int>, of batch: LocalBatch) {
        for slot in slots where figures.ranksLost == 0 {
            let start = state.gradientSlots[slot].base + range.lowerBound
            guard let index = Finiteness.firstNonFinite(count: range.count, start) else { continue }
            figures.ranksLost = 1
            note(
                .gradient(index: range.lowerBound + index),
                of: samples(summedIn: slot, range, of: batch))
        }
    }

    /// The samples that gradients are sums over.
    private func samples(summedIn slot: Int, _ range: Range<Int>, of batch: LocalBatch) -> [Range<Int>] {
        if let hybrid, range.upperBound <= hybrid.outline.parameterCount { return hybrid.samples(ofPasses: summedPasses) }
        return [partition.positions(ofMicroBatches: partialSums[slot], inBatchOf: batch.globalCount)]
    }

    /// The samples of a group in a batch, as one micro-batch.
    private func samples(of group: Range<Int>, in batch: LocalBatch) -> MicroBatch {
        let places = partition.positions(ofMicroBatches: group, inBatchOf: batch.globalCount)
        let row = places.lowerBound - batch.places.lowerBound
        return MicroBatch(
            images: batch.images + row * plan.model.input.count, labels: batch.labels + row, count: places.count,
            firstSample: places.lowerBound, statisticsCount: synchronisesBatchNorm ? batch.globalCount : nil)
    }
}
