import Diagnostics
import Kernels
import MPI
import Networks
import Recorder

/// A training state of which each rank has its part of the linear layers, and the whole that it is cut from and gathered to: what is
/// evaluated, and what a checkpoint holds, know nothing of ranks.
final class DividedState {
    /// Parameters, and in the place of gradients the optimiser's state, as of the last time that they were gathered.
    let whole: TrainingState
    private let own: TrainingState
    /// What each rank has of each tensor.
    private let slices: [[ParameterSlice]]
    private let world: Communicator

    init(_ divided: DividedModel, own: TrainingState, optimiser: Optimiser, world: Communicator) {
        (self.own, self.world) = (own, world)
        whole = TrainingState(
            layout: divided.layout, optimiser: optimiser, in: StateStorage(gathering: divided.layout.arenaCount))
        slices = (0..<divided.parts).map(divided.slices(ofPart:))
    }

    /// Takes this rank's part of the whole, as it was initialised or restored.
    func cut() {
        for slice in slices[world.rank] {
            slice.cut(from: whole.parameters.base, to: own.parameters.base)
            slice.cut(from: whole.gradients.base, to: own.gradients.base)
        }
        own.velocity?.copy(from: own.gradients)
        own.progress = whole.progress
    }

    /// Gives every rank the whole of all parameters; collective.
    func gatherParameters(_ recorder: FlightRecorder) throws { try gather(own.parameters, into: whole.parameters, recorder) }

    /// Gives every rank what else a checkpoint holds: the optimiser's state, and how far training is; collective. The gradients of the last
    /// step are lost.
    func gatherOptimiserState(_ recorder: FlightRecorder) throws {
        if let velocity = own.velocity {
            velocity.copy(to: own.gradients)
            try gather(own.gradients, into: whole.gradients, recorder)
        }
        whole.progress = own.progress
    }

    private func gather(_ arena: AlignedFloats, into wholeArena: AlignedFloats, _ recorder: FlightRecorder) throws {
        for (index, slice) in slices[world.rank].enumerated() {
            guard !slice.isShared else {
                slice.put(UnsafePointer(arena.base + slice.own.offset), into: wholeArena.base)
                continue
            }
            let blocks = Blocks(counts: slices.map { $0[index].own.count })
            let gathered = AlignedFloats(count: blocks.total)
            (gathered.base + blocks.offsets[world.rank]).update(from: arena.base + slice.own.offset, count: slice.own.count)
            try recorder.during(.allGather, count: blocks.total) { try world.allGather(gathered.buffer, blocks: blocks) }
            for (rank, slices) in slices.enumerated() {
                slices[index].put(UnsafePointer(gathered.base + blocks.offsets[rank]), into: wholeArena.base)
            }
        }
    }
}
