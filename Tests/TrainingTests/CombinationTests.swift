import Diagnostics
import Kernels
import Testing

@testable import Training

/// What does not go together is refused by both names; all else is taken.
@Suite struct CombinationTests {
    private static let settings: [(String, @Sendable (inout Recipe) -> Void)] = [
        ("exchange mpi", { $0.execution.exchange = .mpi }),
        ("parallelism sharded", { $0.execution.parallelism = .sharded }),
        ("reproducible", { $0.experiment.reproducible = true }),
        ("sync-batchnorm", { $0.experiment.syncBatchNorm = true }),
        ("wire bf16", { $0.experiment.wire = .bf16 }),
        ("kernels", { $0.experiment.kernels = KernelTable() }),
        ("convolution im2col", { $0.experiment.convolution = .im2col }),
        ("optimiser.clip", { $0.experiment.optimiser.clip = 1 }),
        ("optimiser.lars", { $0.experiment.optimiser.lars = 0.001 }),
    ]
    private static let refused: [Set<String>] = [
        ["reproducible", "sync-batchnorm"], ["exchange mpi", "reproducible"], ["exchange mpi", "wire bf16"],
        ["exchange mpi", "parallelism sharded"], ["parallelism sharded", "optimiser.clip"],
        ["parallelism sharded", "optimiser.lars"], ["parallelism sharded", "wire bf16"],
        ["kernels", "convolution im2col"],
    ]

    @Test func everyPair() throws {
        for (index, first) in Self.settings.enumerated() {
            for second in Self.settings[(index + 1)...] {
                var recipe = Recipe(experiment: Experiment(model: .named(.init(.resnet8))))
                first.1(&recipe)
                second.1(&recipe)
                guard Self.refused.contains([first.0, second.0]) else {
                    try recipe.validate()
                    continue
                }
                let failure = #expect(throws: Failure.self, "\(first.0), \(second.0)") { try recipe.validate() }
                let text = failure?.description ?? ""
                #expect(failure?.kind == .usage && text.contains(first.0) && text.contains(second.0), "\(text)")
                #expect(text.contains("does not go with"), "\(text)")
            }
        }
    }
}
