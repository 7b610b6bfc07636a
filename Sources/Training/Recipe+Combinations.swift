import Diagnostics
import Kernels

extension Recipe {
    /// Ways of keeping in step do not all go together.
    ///
    /// - Throws: `Failure.usage` that names both, says why, and what to do.
    func checkCombination() throws {
        func refuse(_ isGiven: Bool, _ name: String, beside other: String, because reason: String, remedy: String) throws {
            guard isGiven else { return }
            throw Failure(.usage, "\(name) does not go with \(other): \(reason); \(remedy)")
        }
        let optimiser = experiment.optimiser
        let (isReproducible, isRounded) = (experiment.reproducible, experiment.wire != .fp32)
        let (isSharded, wire) = (execution.parallelism == .sharded, "wire \(experiment.wire.rawValue)")
        try refuse(
            isReproducible && experiment.syncBatchNorm, "reproducible", beside: "sync-batchnorm",
            because: "the sums of statistics over the global batch have no order that is free of ranks",
            remedy: "leave --sync-batchnorm out, and set --micro-batches lower for statistics over more samples")
        try refuse(
            experiment.kernels != nil && experiment.convolution == .im2col, "kernels", beside: "convolution im2col",
            because: "the column matrix computes every convolution", remedy: "take the kernels out of the recipe")
        if experiment.split.validation == 0, execution.goal != nil || execution.evaluateEvery > 0 {
            throw Failure(
                .usage,
                "\(execution.goal != nil ? "goal" : "evaluate-every") needs images that are held out: set split.validation (--validation)"
            )
        }
        if execution.exchange == .mpi {
            let remedy = "leave --exchange at tree"
            try refuse(
                isReproducible, "exchange mpi", beside: "reproducible", because: "MPI promises no order of its sums", remedy: remedy
            )
            try refuse(isRounded, "exchange mpi", beside: wire, because: "MPI sums fp32", remedy: remedy)
            try refuse(
                isSharded, "exchange mpi", beside: "parallelism sharded", because: "sums are shared out by the tree", remedy: remedy
            )
        }
        if isSharded {
            let remedy = "leave --parallelism at replicated"
            let because = "no rank has the whole gradient, whose norm it needs"
            try refuse(
                optimiser.clip != nil, "parallelism sharded", beside: "optimiser.clip", because: because, remedy: remedy)
            try refuse(
                optimiser.lars != nil, "parallelism sharded", beside: "optimiser.lars", because: because, remedy: remedy)
            try refuse(
                isRounded, "parallelism sharded", beside: wire, because: "parameters travel as they are", remedy: remedy)
        }
        if execution.parallelism == .hybrid {
            let (name, remedy) = ("parallelism hybrid", "leave --parallelism at replicated")
            try refuse(
                isReproducible, name, beside: "reproducible",
                because: "the sums over divided linear layers have no order that is free of ranks", remedy: remedy)
            try refuse(
                isRounded, name, beside: wire, because: "the gradients of linear layers do not travel, and are not rounded",
                remedy: remedy)
            let because = "no rank has the whole gradient, whose norm it needs"
            try refuse(optimiser.clip != nil, name, beside: "optimiser.clip", because: because, remedy: remedy)
            try refuse(optimiser.lars != nil, name, beside: "optimiser.lars", because: because, remedy: remedy)
        }
        if let variableBatch = experiment.variableBatch {
            try refuse(
                execution.parallelism != .hybrid, "variable-batch", beside: "parallelism \(execution.parallelism.rawValue)",
                because: "linear layers take steps of their own in the passes of hybrid parallelism",
                remedy: "give --parallelism hybrid, on one rank too")
            try refuse(
                execution.scheme != variableBatch.scheme, "variable-batch of scheme \(variableBatch.scheme.rawValue)",
                beside: "scheme \(execution.scheme.rawValue)", because: "it decides which samples a pass takes",
                remedy: "give --scheme \(variableBatch.scheme.rawValue)")
        }
    }
}
