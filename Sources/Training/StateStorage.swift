import Diagnostics
import Kernels
import Parallelism

/// Where a rank's parameters and gradients stand, and what of the arena it updates.
struct StateStorage {
    let parameters: AlignedFloats
    let gradientSlots: [AlignedFloats]
    /// Parts of the arena, in order.
    let owned: [Range<Int>]

    /// Memory of this process's own, for a rank that updates everything.
    init(arenaCount: Int, gradientSlots: Int) {
        parameters = AlignedFloats(count: arenaCount)
        self.gradientSlots = (0..<gradientSlots).map { _ in AlignedFloats(count: arenaCount) }
        owned = [0..<arenaCount]
    }

    /// Memory for a state that other ranks have parts of and that is gathered here: this rank updates none of it.
    init(gathering arenaCount: Int) {
        parameters = AlignedFloats(count: arenaCount)
        gradientSlots = [AlignedFloats(count: arenaCount)]
        owned = []
    }

    /// Windows that the node's ranks share; parameters only where they travel.
    init(arenaCount: Int, in buckets: GradientBuckets, owned: [Range<Int>]?) {
        parameters = buckets.parameters.map { Self.views(of: $0)[0] } ?? AlignedFloats(count: arenaCount)
        gradientSlots = Self.views(of: buckets.gradients)
        self.owned = owned ?? [0..<arenaCount]
    }

    private static func views(of exchange: GradientExchange) -> [AlignedFloats] {
        exchange.slots.map { slot in
            guard let base = slot.baseAddress else { fault("a slot of \(slot.count) floats has no address") }
            return AlignedFloats(borrowing: base, count: slot.count)
        }
    }
}
