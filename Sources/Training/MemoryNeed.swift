import Datasets
import Diagnostics
import Foundation
import Kernels
import Networks

/// The bytes that one rank takes for a run, from just before its plan is built; what MPI, BLAS, tables of
/// kernels and the program itself take is not in it.
public struct MemoryNeed: Sendable, Equatable {
    /// Activations and their gradients, scratch, and weights as kernels lay them out; where linear layers are divided, also what stands
    /// between them and their exchanges.
    public let plan: Double
    /// Parameters, slots of gradients and, with momentum, the optimiser's state.
    public let arenas: Double
    /// The two batches that the loader fills in turn, and the images that are evaluated together.
    public let images: Double

    /// On rank 0, what a checkpoint is copied to while it is written: all parameters and, with momentum, the optimiser's whole state.
    public let checkpoint: Double

    public var bytes: Double { plan + arenas + images + checkpoint }
    /// What makes the need smaller.
    private let remedy: String

    /// Sharded over nodes with unequal numbers of ranks, those that own a part of the optimiser's state take somewhat more: each node has as
    /// many owners as the smallest one has ranks.
    ///
    /// - Throws: as `Model.resolvedLayers()` and, for hybrid parallelism, `DividedModel`.
    public init(
        _ experiment: Experiment, _ execution: Execution = Execution(), partition: BatchPartition, rank: Int
    ) throws {
        let model = try experiment.resolvedModel()
        let work = try RankWork(experiment, execution.parallelism, partition: partition, rank: rank)
        let size = try Plan.size(of: model, work.wholeOptions)
        let hybrid =
            work.divided.map {
                HybridNetwork.byteCount(
                    of: $0, experiment, scheme: execution.scheme, partition: partition, work: work, rank: rank)
            } ?? 0
        plan = Double(size.plan + hybrid)
        // With statistics over the global batch, a rank holds its whole share at once.
        remedy = experiment.syncBatchNorm ? "--global-batch lower" : "--micro-batches higher or --global-batch lower"
        let slots = StepStrategy.gradientSlots(of: experiment, partition, rank: rank)
        let own = Double(work.divided.map { $0.layout(ofPart: rank).arenaCount * MemoryLayout<Float>.stride } ?? size.arena)
        let owners = execution.parallelism == .sharded ? partition.ranks : 1
        let momentum = experiment.optimiser.usesMomentum ? own / Double(owners) : 0
        // Where a rank has a part of the linear layers, what is gathered for evaluation and checkpoints takes two arenas of the whole.
        arenas = own * Double(1 + slots) + momentum + (work.divided == nil ? 0 : 2 * Double(size.arena))
        checkpoint = rank == 0 ? Double(size.arena) * (experiment.optimiser.usesMomentum ? 2 : 1) : 0
        let evaluated = Evaluator.chunk(for: experiment) * (experiment.split.validation > 0 ? 2 : 1)
        images =
            Double(2 * partition.largestShare(ofRank: rank) + evaluated) * Double(model.input.count)
            * Double(MemoryLayout<Float>.stride)
    }

    /// - Parameter hostBytes: the memory of this host.
    /// - Throws: `Failure.usage` where as many ranks like this one need more memory than this host has, of which one writes checkpoints.
    func check(ranksHere: Int, hostBytes: Double = Double(ProcessInfo.processInfo.physicalMemory)) throws {
        let available = (hostBytes - checkpoint) / Double(ranksHere)
        let needed = bytes - checkpoint
        guard needed <= available else {
            throw Failure(
                .usage,
                String(
                    format:
                        "this run needs %.1f GB on each rank, and its host has %.1f GB for each of its %d rank(s): set ",
                    needed * 1e-9, available * 1e-9, ranksHere) + "\(remedy), or take a smaller model")
        }
    }
}
