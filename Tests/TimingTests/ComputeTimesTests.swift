import Parallelism
import Testing
import Timing

/// Times that one program measured, as other programs use them.
@Suite struct ComputeTimesTests {
    private let times = ComputeTimes(
        groupSamples: 32, prepare: 0.5, forward: [0.25, 0.5], backward: [1, 2, 4], clear: 0.125, check: 0.5, update: 0.25,
        updateStatistics: 8)

    private func seconds(_ operation: Operation, samples: Int = 2) -> Double? {
        times.seconds(of: operation, samples: samples, arenaFloats: 16)
    }

    /// However a program cuts the ways forward and back, they take the same together.
    @Test func passesAddUp() {
        #expect(seconds(.forward(microBatches: 0..<1, stages: 0..<2)) == 1.5)
        #expect(seconds(.forward(microBatches: 3..<5, stages: 1..<2)) == 1)
        #expect(seconds(.backward(microBatches: 0..<1, passes: 0..<3, slot: 0)) == 14)
        for cut in 0...3 {
            let parts = [0..<cut, cut..<3].compactMap { seconds(.backward(microBatches: 0..<1, passes: $0, slot: 0)) }
            #expect(parts.reduce(0, +) == 14)
        }
        #expect(seconds(.backward(microBatches: 0..<1, passes: 0..<3, slot: 0), samples: 0) == 0)
    }

    @Test func floatsCount() {
        #expect(seconds(.prepare) == 0.5 && seconds(.clear(slot: 1)) == 2 && seconds(.update(4..<12)) == 2)
        #expect(seconds(.check(slots: 0..<2, range: 0..<8)) == 8 && seconds(.updateStatistics) == 8)
    }

    /// What was not measured is told, not taken for nothing.
    @Test func whatHasNoTime() {
        #expect(seconds(.add(slot: 1, range: 0..<8)) == nil)
        #expect(seconds(.forward(microBatches: 0..<1, stages: 0..<3)) == nil)
        #expect(seconds(.start(bucket: 0, .allReduce)) == nil && seconds(.exchange(.figures)) == nil)
    }
}
