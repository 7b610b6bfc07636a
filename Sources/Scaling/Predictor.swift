import Diagnostics
import Parallelism
import Statistics
import Timing

/// Predicts the steps of rank counts that were not measured, from measured points and a network.
///
/// Operations take the times of the measured point with the most ranks. Those that grow with samples are taken along a line through the
/// times of all measured points of several ranks, a + b · samples, where their samples differ, and in proportion to samples where they do
/// not; the slowest rank strays from the mean as the measured ones do (`StepTemplate.stretch`). Then `StepSimulation` runs the program.
public struct Predictor: Sendable {
    private let mode: ScalingMode
    private let network: NetworkModel
    private let template: StepTemplate
    private let madeFrom: [Int]
    /// Seconds of a group of micro-batches: at none, and for each sample.
    private let line: (none: Double, sample: Double)?

    /// - Parameter points: of one mode; those that are to be predicted, and later ones, must not be among them.
    /// - Throws: `Failure.usage` without a point of two ranks or more, or where its ranks are hybrid ones.
    public init(_ points: [ScalingPoint], mode: ScalingMode, network: NetworkModel) throws {
        let measured = points.filter { $0.mode == mode && !$0.rates.isEmpty }
        let largest = measured.max { $0.ranks < $1.ranks }
        (self.mode, self.network) = (mode, network)
        template = try StepTemplate(largest?.turns.compactMap { $0 } ?? [])
        madeFrom = Set(measured.map(\.ranks)).sorted()
        let times = measured.filter { $0.ranks > 1 }.compactMap { point -> (amounts: [Double], seconds: Double)? in
            guard let template = try? StepTemplate(point.turns.compactMap { $0 }), template.lastGroup > 0 else { return nil }
            return ([1, template.samplesOfGroup], template.lastGroup)
        }
        line = RelativeFit(times).map { ($0.costs[0], $0.costs[1]) }
    }

    /// - Parameters:
    ///   - ranksPerNode: nil for as many as were measured.
    ///   - globalBatch: nil for the measured one in strong scaling, and the measured one's share for each rank in weak.
    ///   - microBatches: nil for as many as were measured in strong scaling, and as many of each rank in weak; one for each rank at least.
    ///   - madeAt: ISO 8601, in UTC.
    public func prediction(
        ranks: Int, ranksPerNode: Int? = nil, globalBatch: Int? = nil, microBatches: Int? = nil, madeAt: String
    ) -> Prediction {
        require(ranks > 1, "steps of two ranks or more are predicted, found \(ranks)")
        let perNode = min(ranks, ranksPerNode ?? template.ranksPerNode)
        let measured = template.record
        let batch = globalBatch ?? (mode == .strong ? measured.globalBatch : measured.globalBatch * ranks / measured.rankCount)
        let parts = mode == .strong ? measured.microBatches : measured.microBatches * ranks / measured.rankCount
        let cut = microBatches ?? max(parts, ranks)
        let program = program(ranks: ranks, perNode: perNode, globalBatch: batch, microBatches: cut)
        let step = StepSimulation.run(program, over: network)
        return Prediction(
            mode, ranks: ranks, ranksPerNode: perNode, globalBatch: batch, secondsPerStep: step.seconds,
            computeSeconds: step.computeSeconds, waitSeconds: step.waitSeconds, madeAt: madeAt, madeFrom: madeFrom)
    }

    /// Of 2, 4, 8 … 1,024 ranks, but for those that it was made from, and, in strong scaling, those that have no sample each.
    public func curve(ranksPerNode: Int? = nil, madeAt: String) -> [Prediction] {
        let samples = mode == .strong ? template.record.globalBatch : .max
        return (1...10).map { 1 << $0 }.filter { !madeFrom.contains($0) && $0 <= samples }.map {
            prediction(ranks: $0, ranksPerNode: ranksPerNode, madeAt: madeAt)
        }
    }

    private func program(ranks: Int, perNode: Int, globalBatch: Int, microBatches: Int) -> SimulatedProgram {
        let measured = template.record
        // The rank with the most of them decides.
        let own = (microBatches + ranks - 1) / ranks
        let measuredOwn = max(1, (measured.microBatches + measured.rankCount - 1) / measured.rankCount)
        let together = max(1, (measuredOwn + template.groups - 1) / template.groups)
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
        let traffic = traffic(ranks: ranks, perNode: perNode, microBatches: microBatches)
        return SimulatedProgram(
            operations: operations, buckets: measured.buckets.map { SimulatedProgram.Bucket($0, traffic) },
            nodes: (ranks + perNode - 1) / perNode, ranksPerNode: perNode)
    }

    private func seconds(ofSamples samples: Double) -> Double { line.map { $0.none + $0.sample * samples } ?? samples }

    private func traffic(ranks: Int, perNode: Int, microBatches: Int) -> ExchangeTraffic {
        let nodes = stride(from: 0, to: ranks, by: perNode).map { min(perNode, ranks - $0) }
        guard template.record.exchange.sumsMicroBatches else { return ExchangeTraffic(ranksOfNodes: nodes) }
        return ExchangeTraffic(
            ranksOfNodes: nodes, terms: (0..<ranks).map { $0 * microBatches / ranks..<($0 + 1) * microBatches / ranks })
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
