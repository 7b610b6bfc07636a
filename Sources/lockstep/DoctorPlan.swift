import Cluster
import Datasets
import Networks
import Training

extension PlanFacts {
    /// What a recipe takes on these ranks.
    ///
    /// - Throws: as `Experiment.resolved`, `BatchPartition` and `MemoryNeed`, where recipe, data and ranks do not fit each other.
    init(_ recipe: Recipe, data: String, ranks: Int, hosts: Int) throws {
        let dataset = try Dataset.open(directory: data)
        let experiment = try recipe.experiment.resolved(with: dataset, ranks: ranks)
        let partition = try BatchPartition(
            globalBatch: experiment.globalBatch, microBatches: experiment.microBatches, ranks: ranks,
            samples: experiment.split.divide(dataset.training).0.count)
        // Shares differ by one micro-batch at most, and the first ranks have the larger ones.
        let need = try MemoryNeed(experiment, recipe.execution, partition: partition, rank: 0)
        let parameters = Double(try experiment.resolvedModel().parameterCount() * MemoryLayout<Float>.stride)
        let momentum = experiment.optimiser.usesMomentum
        // Arenas but for the parameters, which every rank has to itself, and the optimiser's state; between hosts also what is received.
        let gradients = max(parameters, need.arenas - parameters * (momentum ? 2 : 1))
        let isShared = ranks > 1 && recipe.execution.exchange == .tree
        self.init(
            rankBytes: need.bytes - need.checkpoint, sharedBytes: isShared ? gradients * (hosts > 1 ? 2 : 1) : 0,
            checkpointBytes: parameters * (momentum ? 2 : 1), keptCheckpoints: recipe.execution.keep)
    }
}
