import Scaling
import Testing
import Timing

@Suite struct CheckpointSlowdownTests {
    /// A machine that becomes slower from checkpoint to checkpoint; the step that writes one and the next take longer.
    @Test func driftIsNoCostOfCheckpoints() throws {
        var record = StepRecord.planted([PlantedWork(), PlantedWork()], steps: 18)
        record.ranks[1].checkpoints = [2, 8, 14]
        let pace = [1.0, 1, 1.5, 1.2, 1, 1, 1, 1, 3, 2.4, 2, 2, 2, 2, 9, 9, 9, 9]
        record.ranks[1].steps = pace
        record.ranks[1].independentSeconds = pace.reduce(0, +)
        let slowdown = try #require(CheckpointSlowdown(record))
        #expect(slowdown.steps == 3 && slowdown.ratio.ratios.map { ($0 * 1e6).rounded() / 1e6 } == [1.233333, 1.233333])
        // Where the longest rank wrote none, or one alone, nothing can be told.
        record.ranks[1].checkpoints = [2]
        #expect(CheckpointSlowdown(record) == nil)
        #expect(CheckpointSlowdown(.planted([PlantedWork()])) == nil)
    }
}
