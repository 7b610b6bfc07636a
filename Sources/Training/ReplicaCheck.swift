import Diagnostics
import Kernels
import MPI
import Networks
import Recorder

/// Whether all ranks still hold the same parameters and, where each holds all of it, the same optimiser's state.
struct ReplicaCheck {
    let state: TrainingState
    /// Nil where each rank has but a part of it: the same choice on all ranks, since each arena is compared by all or by none.
    let momentum: AlignedFloats?
    /// What of the arena every rank holds.
    let replicated: Range<Int>
    let world: Communicator
    let recorder: FlightRecorder

    /// Compares one number of each rank, and tensor after tensor where they differ. Collective.
    ///
    /// - Throws: `AgreedFailure` of the ranks that differ from most, with the first tensor that does and the step.
    func run(afterStep step: Int) throws {
        let whole = arenas.reduce(0) { $0 &* 31 &+ fingerprint(of: replicated, in: $1.arena) }
        guard try !outliers(of: whole).isEmpty else { return }
        for (arena, prefix) in arenas {
            for tensor in state.layout.tensors where replicated.contains(tensor.offset) {
                let ranks = try outliers(of: fingerprint(of: tensor.range, in: arena))
                guard !ranks.isEmpty else { continue }
                return try stop(ranks, "\(prefix)\(tensor.name)", step)
            }
        }
        try stop(try outliers(of: whole), "what lies between tensors", step)
    }

    private var arenas: [(arena: AlignedFloats, prefix: String)] {
        [(state.parameters, "")] + (momentum.map { [($0, "the momentum of ")] } ?? [])
    }

    private func fingerprint(of range: Range<Int>, in arena: AlignedFloats) -> Int {
        Int(truncatingIfNeeded: Fingerprint.of(count: range.count, arena.base + range.lowerBound))
    }

    /// The ranks whose number is not that of most; of equally many, not that of the lowest rank. Collective.
    private func outliers(of number: Int) throws -> [Int] {
        let numbers = try recorder.during(.allGather, count: world.size) { try world.allGather(number) }
        let counts = Dictionary(numbers.map { ($0, 1) }, uniquingKeysWith: +)
        let most = counts.values.max() ?? 0
        let usual = numbers.first { counts[$0] == most }
        return numbers.indices.filter { numbers[$0] != usual }
    }

    private func stop(_ ranks: [Int], _ tensor: String, _ step: Int) throws {
        try world.agreed {
            guard ranks.contains(world.rank) else { return }
            let place = ranks.count * 2 < world.size ? "here" : "here or on a rank that holds something else, nobody knows on which"
            throw Failure(
                .disagreement,
                "step \(step): \(tensor) is not what the other ranks hold, and should be the same in every bit: memory or a computation "
                    + "went wrong \(place), since the last comparison. Earlier checkpoints stand; go on by --resume, on another host"
            )
        }
    }
}
