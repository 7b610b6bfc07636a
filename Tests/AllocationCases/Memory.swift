import Datasets
import Foundation
import Kernels
import Networks
import Parallelism

@testable import Training

/// Grows as a training run does, from just before the plan is built, and takes a step and an evaluation, so that all memory is touched.
func measureMemory(model name: String, globalBatch: Int, microBatches: Int, in directory: String) throws {
    try Shapes10.write(to: "\(directory)/data", training: globalBatch, test: 50)
    let dataset = try Dataset.open(directory: "\(directory)/data")
    var experiment = Experiment(model: .named(try BuiltInModel(named: name)))
    (experiment.globalBatch, experiment.microBatches, experiment.optimiser.momentum) = (globalBatch, microBatches, 0.9)
    experiment = try experiment.resolved(with: dataset)
    let partition = try BatchPartition(globalBatch: globalBatch, microBatches: microBatches, ranks: 1, samples: globalBatch)
    let need = try MemoryNeed(experiment, partition: partition, rank: 0)
    // BLAS takes its own buffers with its first product; of one sample, so that little is left free to be used again unseen.
    var small = experiment
    (small.model, small.globalBatch, small.microBatches) = (.named(BuiltInModel(.linear)), 1, 1)
    try Rank(
        small.resolved(with: dataset), dataset: dataset,
        BatchPartition(globalBatch: 1, microBatches: 1, ranks: 1, samples: globalBatch)
    ).run()

    let before = anonymousBytes()
    let rank = try Rank(experiment, dataset: dataset, partition)
    try rank.run()
    // Checkpoints are not written here.
    print("planned \(Int(need.bytes - need.checkpoint)) measured \(anonymousBytes() - before)")
}

/// What one rank holds while it trains.
private final class Rank {
    private let program: StepProgram
    private let runner: StepRunner
    private let state: TrainingState
    private let loader: BatchLoader
    private let evaluator: Evaluator

    init(_ experiment: Experiment, dataset: Dataset, _ partition: BatchPartition) throws {
        let work = try RankWork(experiment, partition: partition, rank: 0)
        let plan = try Plan(experiment, work.options)
        let strategy = try StepStrategy(
            experiment, Execution(), partition: partition, plan: plan, work: work, world: nil)
        program = strategy.program
        state = TrainingState(layout: plan.layout, optimiser: experiment.optimiser, in: strategy.storage)
        runner = StepRunner(experiment, partition: partition, plan: plan, strategy: strategy, state: state, exchange: nil)
        loader = BatchLoader(
            reader: SampleReader(samples: Selection(dataset.training), normalisation: dataset.normalisation), partition: partition,
            rank: 0, seed: 1, from: Position())
        evaluator = Evaluator(
            reader: SampleReader(samples: Selection(dataset.test), normalisation: dataset.normalisation), plan: plan,
            chunk: Evaluator.chunk(for: experiment))
    }

    func run() throws {
        for _ in 0..<2 {
            let batch = try loader.next()
            runner.begin(batch)
            for operation in program.operations { try runner.run(operation, on: batch, rate: 0) }
        }
        _ = try evaluator.localFigures(parameters: state.parameters.base, rank: 0, ranks: 1)
    }
}

/// This process's memory that is no file's, in bytes.
private func anonymousBytes() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
    return (line?.split(separator: " ").dropFirst().first).flatMap { Int($0) }.map { $0 * 1_024 } ?? 0
}
