import Diagnostics
import Parallelism
import Statistics
import Timing

/// Predicts the steps of rank counts that were not measured, from measured shares of a batch and a network.
///
/// Operations take the times of the share whose samples are nearest to a rank's. Those that grow with samples are taken from there along a
/// line through all measured shares, a + b · samples, where their samples differ, and in proportion to samples where they do not; the
/// slowest rank strays from the mean as the measured ones do (`StepTemplate.stretch`). Then `StepSimulation` runs the program.
public struct Predictor: Sendable {
    private let mode: ScalingMode
    private let network: NetworkModel
    private let templates: [StepTemplate]
    private let batch: (samples: Int, microBatches: Int)
    private let madeFrom: [Int]
    /// Seconds of a group of micro-batches: at none, and for each sample.
    private let line: (none: Double, sample: Double)?

    /// - Parameters:
    ///   - shares: one at least.
    ///   - globalBatch, microBatches: of all ranks in strong scaling, of each in weak.
    /// - Throws: `Failure.usage` where there is no share, or its ranks are hybrid ones.
    public init(_ shares: [MeasuredShare], mode: ScalingMode, globalBatch: Int, microBatches: Int, network: NetworkModel) throws {
        (self.mode, self.network, batch) = (mode, network, (globalBatch, microBatches))
        templates = try (shares.isEmpty ? [MeasuredShare()] : shares).map(StepTemplate.init)
        madeFrom = Set(templates.map(\.record.rankCount)).sorted()
        line = RelativeFit(templates.map { ([1, $0.samplesOfGroup], $0.lastGroup) }).map { ($0.costs[0], $0.costs[1]) }
    }

    /// - Parameters:
    ///   - ranksPerNode: nil for one.
    ///   - network: nil for the predictor's own.
    ///   - madeAt: ISO 8601, in UTC.
    public func prediction(
        ranks: Int, ranksPerNode: Int? = nil, over network: NetworkModel? = nil, madeAt: String
    ) -> Prediction {
        require(ranks > 1, "steps of two ranks or more are predicted, found \(ranks)")
        let perNode = min(ranks, ranksPerNode ?? 1)
        let copies = mode == .strong ? 1 : ranks
        let batch = batch.samples * copies
        // One for each rank at least.
        let cut = max(self.batch.microBatches * copies, ranks)
        let program = program(ranks: ranks, perNode: perNode, globalBatch: batch, microBatches: cut)
        let step = StepSimulation.run(program, over: network ?? self.network)
        var prediction = Prediction(
            mode, ranks: ranks, ranksPerNode: perNode, globalBatch: batch, secondsPerStep: step.seconds,
            computeSeconds: step.computeSeconds, waitSeconds: step.waitSeconds, madeAt: madeAt, madeFrom: madeFrom)
        prediction.network = network
        return prediction
    }

    /// Of 2, 4, 8 … 1,024 ranks, but for those that it was made from, and, in strong scaling, those that have no sample each.
    public func curve(ranksPerNode: Int? = nil, madeAt: String) -> [Prediction] {
        let samples = mode == .strong ? batch.samples : .max
        return (1...10).map { 1 << $0 }.filter { !madeFrom.contains($0) && $0 <= samples }.map {
            prediction(ranks: $0, ranksPerNode: ranksPerNode, madeAt: madeAt)
        }
    }

    private func program(ranks: Int, perNode: Int, globalBatch: Int, microBatches: Int) -> SimulatedProgram {
        // The rank with the most of them decides.
        let own = (microBatches + ranks - 1) / ranks
        let template = template(ofSamples: globalBatch * own / microBatches)
        let measured = template.record
        let together = max(1, (template.microBatchesOfRank + template.groups - 1) / template.groups)
        let groups = (own + together - 1) / together
        let samples = Double(globalBatch) * Double(own) / Double(microBatches) / Double(groups)
        let growth = seconds(ofSamples: samples) / seconds(ofSamples: template.samplesOfGroup)
        let stretch = template.stretch(ranks: ranks)
        // Where ranks own parts of the parameters, each updates an N-th.
        let owned = measured.exchange.placement == .sharded ? Double(measured.rankCount) / Double(ranks) : 1
        func simulated(_ operation: TimedOperation) -> SimulatedProgram.Operation {
            operation.simulated(stretch * (operation.growsWithSamples ? growth : operation.kind == .update ? owned : 1))
        }
        var operations = [SimulatedProgram.Operation(action: .compute(polls: false), seconds: stretch * template.beside)]
        operations += template.before.map(simulated)
        let earlier = template.earlierGroup ?? template.lastGroup
        operations.append(.init(action: .compute(polls: false), seconds: Double(groups - 1) * earlier * growth * stretch))
        operations += template.last.map(simulated)
        let sumsMicroBatches = measured.exchange.sumsMicroBatches
        let traffic = traffic(ranks: ranks, perNode: perNode, microBatches: sumsMicroBatches ? microBatches : nil)
        return SimulatedProgram(
            operations: operations, buckets: measured.buckets.map { SimulatedProgram.Bucket($0, traffic) },
            nodes: (ranks + perNode - 1) / perNode, ranksPerNode: perNode)
    }

    private func seconds(ofSamples samples: Double) -> Double { line.map { $0.none + $0.sample * samples } ?? samples }

    /// The share that is the fewest times larger or smaller.
    private func template(ofSamples samples: Int) -> StepTemplate {
        func ratio(_ template: StepTemplate) -> Double {
            let (own, wanted) = (Double(max(1, template.samples)), Double(max(1, samples)))
            return max(own / wanted, wanted / own)
        }
        guard let nearest = templates.min(by: { ratio($0) < ratio($1) }) else { fault("a predictor without a measured share") }
        return nearest
    }

    /// - Parameter microBatches: where each of them is a term of the sum.
    private func traffic(ranks: Int, perNode: Int, microBatches: Int?) -> ExchangeTraffic {
        let nodes = stride(from: 0, to: ranks, by: perNode).map { min(perNode, ranks - $0) }
        return ExchangeTraffic(
            ranksOfNodes: nodes,
            terms: microBatches.map { count in (0..<ranks).map { $0 * count / ranks..<($0 + 1) * count / ranks } })
    }
}

extension TimedOperation {
    /// - Parameter factor: of its measured time, where it is the rank's own.
    fileprivate func simulated(_ factor: Double) -> SimulatedProgram.Operation {
        switch (kind, bucket) {
        case (.start, let bucket?): .init(action: .start(bucket: bucket, form ?? .allReduce), seconds: seconds * factor)
        case (.finish, let bucket?): .init(action: .finish(bucket: bucket), seconds: 0)
        case (.collective, _): .init(action: .collective(bytes: bytes), seconds: 0)
        default: .init(action: .compute(polls: polls), seconds: seconds * factor)
        }
    }
}

/// How far a prediction is from what was measured.
public struct PredictionError: Sendable, Equatable {
    public let prediction: Prediction
    /// The median over the turns.
    public let measuredSeconds: Double
    /// Whether the prediction is older than the first measurement of its point, and was not made from it.
    public let wasMadeBefore: Bool

    /// (predicted − measured) ÷ measured, of a step's seconds.
    public var relativeError: Double { prediction.secondsPerStep / measuredSeconds - 1 }
}

extension ScalingRecord {
    /// Of each prediction of a point that was measured, by ranks.
    public func predictionErrors(_ mode: ScalingMode) -> [PredictionError] {
        predictions.filter { $0.mode == mode }.sorted { $0.ranks < $1.ranks }.compactMap { prediction in
            let turns = points.filter { $0.mode == mode && $0.ranks == prediction.ranks }.flatMap { $0.turns.compactMap { $0 } }
            guard let first = turns.map(\.measuredAt).min() else { return nil }
            return PredictionError(
                prediction: prediction, measuredSeconds: turns.map(\.secondsPerStep).median,
                wasMadeBefore: prediction.madeAt <= first && !prediction.madeFrom.contains(prediction.ranks))
        }
    }
}
