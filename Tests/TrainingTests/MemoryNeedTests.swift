import Datasets
import Diagnostics
import Networks
import Parallelism
import Testing

@testable import Training

/// What a rank is said to take, by the ways of keeping in step.
@Suite struct MemoryNeedTests {
    private static let ranks = 4

    private func experiment(momentum: Double) -> Experiment {
        let builtIn = BuiltInModel(.alexnet32)
        var experiment = Experiment(model: .described(builtIn.model(input: builtIn.usualInput, classes: 10)))
        (experiment.globalBatch, experiment.microBatches, experiment.optimiser.momentum) = (256, 8, momentum)
        return experiment
    }

    private func need(
        _ placement: ParameterPlacement, _ scheme: HybridScheme = .b, momentum: Double = 0.9, rank: Int = 1
    ) throws -> MemoryNeed {
        let experiment = experiment(momentum: momentum)
        var execution = Execution()
        (execution.parallelism, execution.scheme) = (placement, scheme)
        let partition = try BatchPartition(globalBatch: 256, microBatches: 8, ranks: Self.ranks, samples: 10_000)
        return try MemoryNeed(experiment, execution, partition: partition, rank: rank)
    }

    private var arena: Double {
        get throws {
            Double(try Plan.size(of: experiment(momentum: 0).resolvedModel(), Plan.Options(capacity: 1)).arena)
        }
    }

    /// Parameters and gradients whole; of the optimiser's state, one part of as many as there are ranks.
    @Test func shardedRanksShareTheMomentum() throws {
        let arena = try arena
        #expect(try need(.replicated).arenas == 3 * arena && need(.replicated, momentum: 0).arenas == 2 * arena)
        #expect(try need(.sharded).arenas == 2 * arena + arena / Double(Self.ranks))
        #expect(try need(.sharded, momentum: 0).arenas == 2 * arena)
        #expect(try need(.sharded).plan == need(.replicated).plan)
    }

    /// Of linear layers a quarter each, three times; and two whole arenas that checkpoints are gathered in.
    @Test func hybridRanksHoldTheirNeurons() throws {
        let divided = try DividedModel(experiment(momentum: 0).resolvedModel(), parts: Self.ranks)
        let part = Double(divided.layout(ofPart: 1).arenaCount * 4)
        #expect(try part < arena / 2)
        #expect(try need(.hybrid).arenas == 3 * part + 2 * arena)
        #expect(try need(.hybrid, momentum: 0).arenas == 2 * part + 2 * arena)
    }

    /// Rank 0 alone writes checkpoints, of the whole state whoever holds it.
    @Test(arguments: [ParameterPlacement.replicated, .sharded, .hybrid])
    func rankZeroHoldsACopyForCheckpoints(placement: ParameterPlacement) throws {
        let arena = try arena
        #expect(try need(placement, rank: 0).checkpoint == 2 * arena && need(placement, momentum: 0, rank: 0).checkpoint == arena)
        #expect(try need(placement, rank: 1).checkpoint == 0)
    }

    /// One of all ranks of a host writes checkpoints: the others need no room for that.
    @Test func aHostHoldsOneCopyForCheckpoints() throws {
        let need = try need(.replicated, rank: 0)
        let enough = 64 * (need.bytes - need.checkpoint) + need.checkpoint
        try need.check(ranksHere: 64, hostBytes: enough + 64)
        #expect(throws: Failure.self) { try need.check(ranksHere: 64, hostBytes: enough - 64) }
    }

    /// The front at a rank's 64 samples, the whole model for evaluation, and linear layers with all that travels: in scheme a at the samples
    /// of all ranks together, in scheme b at one rank's at a time, of which the next ones come meanwhile.
    @Test(arguments: [(HybridScheme.a, 256, 1), (.b, 64, 4)])
    func hybridCountsWhatTravels(scheme: HybridScheme, pass: Int, passes: Int) throws {
        let experiment = experiment(momentum: 0)
        let divided = try DividedModel(experiment.resolvedModel(), parts: Self.ranks)
        let layout = divided.layout(ofPart: 1)
        let front = Plan.Options(capacity: 64, evaluationCapacity: 32, preparesForEachPass: true)
        let whole = Plan.Options(capacity: 32)
        let linear = (0..<divided.linearCount).map {
            Plan.size(of: divided.linearPart($0, part: 1, in: layout), Plan.Options(capacity: pass)).plan
        }
        let buffers = LinearBufferSizes(
            divided, capacity: HybridCapacity(globalBatch: 256, share: 64, pass: pass), passes: passes
        ).bytes(ofPart: 1)
        let plans =
            try Plan.size(of: divided.frontPart(in: layout), front).plan + Plan.size(of: experiment.resolvedModel(), whole).plan
            + linear.reduce(0, +)
        #expect(try need(.hybrid, scheme).plan == Double(plans + buffers))
        // This rank's samples go to the linear layers and come back, at least.
        #expect(buffers > 2 * 64 * divided.width(0) * 4)
    }
}
