import ArgumentParser
import Kernels
import Networks
import Parallelism
import Training

/// How ranks keep in step: the flags that training and its measurement have in common.
struct StrategyOptions: ParsableArguments {
    @Option(
        help:
            "What each rank holds: replicated, all of the optimiser's state; sharded, its own part, which it alone updates; or hybrid, of linear layers some output neurons. (default: replicated)"
    )
    var parallelism: ParameterPlacement?

    @Option(
        help:
            "How samples come to linear layers in hybrid parallelism: a, all at once; b, each rank's in turn; or c, a part of each rank's in turn. (default: b)"
    )
    var scheme: HybridScheme?

    @Option(
        defaultAsFlag: 0,
        help:
            "In hybrid parallelism, a step of linear layers behind each of this many passes over a global batch; without a number, as many as there are ranks."
    )
    var variableBatch: Int?

    @Option(
        help:
            "What adds gradients up over ranks: tree, through memory that a node's ranks share and messages between nodes; or mpi, MPI's own blocking sum at the end of the step. (default: tree)"
    )
    var exchange: ExchangeMethod?

    @Flag(
        inversion: .prefixedNo, exclusivity: .exclusive,
        help: "Exchange gradients while others are still computed. (default: --overlap)")
    var overlap: Bool?

    @Flag(
        inversion: .prefixedNo, exclusivity: .exclusive,
        help: "The same bits at any number of ranks: each micro-batch's gradient is a term of its own, added by a fixed tree.")
    var reproducible: Bool?

    @Option(
        help:
            "The format of gradients between nodes, and what they are rounded to before ranks add them: fp32, bf16 or fp16. (default: fp32)"
    )
    var wire: WireType?

    @Option(parsing: .unconditional, help: "About the bytes of gradients that are exchanged at once. (default: 1048576)")
    var bucketSize: Int?

    /// Changes what was given, and nothing else.
    func change(_ recipe: inout Recipe) {
        recipe.set(reproducible, \.experiment.reproducible)
        recipe.set(wire, \.experiment.wire)
        recipe.set(parallelism, \.execution.parallelism)
        recipe.set(scheme, \.execution.scheme)
        if let variableBatch {
            recipe.experiment.variableBatch = VariableBatch(
                passes: variableBatch == 0 ? nil : variableBatch, scheme: recipe.execution.scheme)
        }
        recipe.set(exchange, \.execution.exchange)
        recipe.set(overlap, \.execution.overlap)
        recipe.set(bucketSize, \.execution.bucketSize)
    }
}

extension Recipe {
    /// Takes a value that was given.
    mutating func set<Value>(_ value: Value?, _ path: WritableKeyPath<Recipe, Value>) {
        if let value { self[keyPath: path] = value }
    }
}

extension ExchangeMethod: ExpressibleByArgument {}
extension HybridScheme: ExpressibleByArgument {}
extension ParameterPlacement: ExpressibleByArgument {}
extension WireType: ExpressibleByArgument {}
