import Datasets
import Foundation
import Kernels
import Networks

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
    print("planned \(Int(need.bytes)) measured \(anonymousBytes() - before)")
}

/// What one rank holds while it trains.
private final class Rank {
    private let partition: BatchPartition
    private let work: RankWork
    private let plan: Plan
    private let state: TrainingState
    private let loader: BatchLoader
    private let evaluator: Evaluator

    init(_ experiment: Experiment, dataset: Dataset, _ partition: BatchPartition) throws {
        self.partition = partition
        work = try RankWork(experiment, partition: partition, rank: 0)
        plan = try Plan(experiment, work.options)
        state = TrainingState(layout: plan.layout, optimiser: experiment.optimiser)
        loader = BatchLoader(
            reader: SampleReader(samples: Selection(dataset.training), normalisation: dataset.normalisation), partition: partition,
            rank: 0, seed: 1, from: Position())
        evaluator = Evaluator(
            reader: SampleReader(samples: Selection(dataset.test), normalisation: dataset.normalisation), plan: plan,
            chunk: Evaluator.chunk(for: experiment))
    }

    func run() throws {
        let mode = Plan.Mode.training(seed: 1, step: 0)
        var figures = Figures()
        plan.prepare(parameters: state.parameters.base)
        for _ in 0..<2 {
            let batch = try loader.next()
            for group in work.groups {
                let microBatch = RankWork.samples(of: group, partition, in: batch, imageCount: plan.model.input.count)
                plan.forward(microBatch, parameters: state.parameters.base, mode: mode, figures: &figures)
                plan.backward(microBatch, parameters: state.parameters.base, gradients: state.gradients.base, mode: mode)
            }
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
