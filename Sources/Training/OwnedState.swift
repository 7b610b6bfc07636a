import Diagnostics
import Kernels

/// A state of the optimiser for those parts of the arena that this rank updates, one behind the other.
final class OwnedState {
    /// Ranges of the arena, in order.
    private let ranges: [Range<Int>]
    /// Where each begins in the storage.
    private let starts: [Int]
    private let storage: AlignedFloats
    private let isWhole: Bool

    init(owning ranges: [Range<Int>], ofArena arenaCount: Int) {
        isWhole = ranges == [0..<arenaCount]
        self.ranges = ranges.filter { !$0.isEmpty }
        var end = 0
        starts = self.ranges.map { range in
            defer { end += AlignedFloats.rounded(range.count) }
            return end
        }
        storage = AlignedFloats(count: end)
    }

    /// Where the state of a float of the arena stands; what follows it stands behind it, to the end of the part.
    ///
    /// - Precondition: this rank owns it.
    func pointer(at index: Int) -> UnsafeMutablePointer<Float> {
        for (range, start) in zip(ranges, starts) where range.contains(index) {
            return storage.base + start + index - range.lowerBound
        }
        fault("this rank does not own float \(index) of the arena, but \(ranges)")
    }

    /// The whole state, where this rank owns the whole arena.
    var whole: AlignedFloats? { isWhole ? storage : nil }

    /// Puts what this rank owns into an arena.
    func copy(to arena: AlignedFloats) {
        for (range, start) in zip(ranges, starts) {
            (arena.base + range.lowerBound).update(from: storage.base + start, count: range.count)
        }
    }

    /// Takes what this rank owns from an arena.
    func copy(from arena: AlignedFloats) {
        for (range, start) in zip(ranges, starts) {
            (storage.base + start).update(from: arena.base + range.lowerBound, count: range.count)
        }
    }
}
