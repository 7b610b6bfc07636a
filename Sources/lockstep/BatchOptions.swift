import ArgumentParser
import Training

/// What a step computes: the flags that training and its measurements have in common.
struct BatchOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Samples per step over all ranks. (default: the recipe's, else 64)")
    var globalBatch: Int?

    @Option(
        parsing: .unconditional,
        help:
            "Parts of a global batch, of which each rank takes whole ones; the recipe's choice, whatever the ranks. (default: the recipe's, else 8)"
    )
    var microBatches: Int?

    /// Changes what was given, and nothing else.
    func change(_ recipe: inout Recipe) {
        recipe.set(globalBatch, \.experiment.globalBatch)
        recipe.set(microBatches, \.experiment.microBatches)
    }
}
