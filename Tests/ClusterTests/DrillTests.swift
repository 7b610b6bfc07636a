import Testing

@testable import Cluster

@Suite struct DrillTests {
    /// Each kind as often as the others, within the training, and the same for the same seed.
    @Test func theScheduleIsDrawnBySeed() {
        func schedule(seed: UInt64) -> [PlannedFault] {
            PlannedFault.schedule(
                100, kinds: PlannedFault.Kind.allCases, rankCounts: [2, 3, 4], steps: 60, checkpointEvery: 10, seed: seed)
        }
        let faults = schedule(seed: 1)
        #expect(faults == schedule(seed: 1) && faults != schedule(seed: 2))
        for kind in PlannedFault.Kind.allCases { #expect(faults.count { $0.kind == kind } == 10) }
        #expect(faults.allSatisfy { (0..<$0.ranks).contains($0.rank) && (2...49).contains($0.step) })
        #expect(Set(faults.map(\.ranks)) == [2, 3, 4] && Set(faults.map(\.step)).count > 20)
        // Behind the third checkpoint's beginning, so that two are on disk.
        #expect(faults.allSatisfy { ![.truncated, .flipped].contains($0.kind) || $0.step > 31 })
    }

    @Test func aFaultIsPlantedByTheEnvironment() {
        let fault = PlannedFault(kind: .stop, ranks: 4, rank: 2, step: 9, operation: 3)
        #expect(fault.environment(milliseconds: 5) == "stop:2:9:#3" && fault.kind.cause == .stopped)
        #expect(PlannedFault(kind: .slow, ranks: 4, rank: 2, step: 9, operation: 3).environment(milliseconds: 5) == "slow:2:5")
        #expect(PlannedFault(kind: .fullDisk, ranks: 4, rank: 0, step: 9, operation: 3).environment(milliseconds: 5) == nil)
    }
}
