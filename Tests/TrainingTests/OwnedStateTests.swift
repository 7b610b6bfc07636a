import Kernels
import Testing

@testable import Training

@Suite struct OwnedStateTests {
    /// Parts go out to an arena and come back to where they were, and nothing else of the arena is touched.
    @Test func partsOfAnArena() {
        let ranges = [0..<0, 3..<19, 32..<33, 40..<57]
        let state = OwnedState(owning: ranges, ofArena: 64)
        let owned = ranges.flatMap(Array.init)
        #expect(state.whole == nil)
        for index in owned { state.pointer(at: index).pointee = Float(index) }
        let arena = AlignedFloats(count: 64)
        arena.base.update(repeating: -1, count: 64)
        state.copy(to: arena)
        #expect((0..<64).allSatisfy { arena.base[$0] == (owned.contains($0) ? Float($0) : -1) })
        for index in owned { arena.base[index] *= 2 }
        state.copy(from: arena)
        #expect(owned.allSatisfy { state.pointer(at: $0).pointee == Float(2 * $0) })
        // What follows within a part stands behind.
        #expect(state.pointer(at: 40)[16] == 112)
    }

    @Test func allOfAnArena() {
        let state = OwnedState(owning: [0..<48], ofArena: 48)
        state.pointer(at: 47).pointee = 5
        #expect(state.whole?.count == 48 && state.whole?.base[47] == 5)
        // A first part, as rank 0 has of a single bucket, is not the whole.
        #expect(OwnedState(owning: [0..<48], ofArena: 96).whole == nil)
    }
}
