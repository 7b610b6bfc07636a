import Diagnostics
import Testing

@testable import Cluster

@Suite struct DrillTests {
    /// Each kind as often as the others, within the training, and the same for the same seed.
    @Test func theScheduleIsDrawnBySeed() {
        func schedule(seed: UInt64) -> [PlannedFault] {
            PlannedFault.schedule(
                110, kinds: PlannedFault.Kind.allCases, rankCounts: [2, 3, 4], steps: 60, checkpointEvery: 10, seed: seed)
        }
        let faults = schedule(seed: 1)
        #expect(faults == schedule(seed: 1) && faults != schedule(seed: 2))
        for kind in PlannedFault.Kind.allCases { #expect(faults.count { $0.kind == kind } == 10) }
        #expect(faults.allSatisfy { (0..<$0.ranks).contains($0.rank) && (2...49).contains($0.step) })
        #expect(Set(faults.map(\.ranks)) == [2, 3, 4] && Set(faults.map(\.step)).count > 20)
        // Rank 0 hears all others; its own link is not the one to be cut.
        #expect(faults.allSatisfy { $0.kind != .link || $0.rank > 0 })
        // Behind the third checkpoint's beginning, so that two are on disk.
        #expect(faults.allSatisfy { ![.truncated, .flipped].contains($0.kind) || $0.step > 31 })
    }

    @Test func aFaultIsPlantedByTheEnvironment() {
        func environment(_ kind: PlannedFault.Kind, interface: String? = nil) -> String? {
            PlannedFault(kind: kind, ranks: 4, rank: 2, step: 9, operation: 3).environment(milliseconds: 5, interface: interface)
        }
        #expect(environment(.stop) == "stop:2:9:#3")
        #expect(environment(.slow) == "slow:2:5")
        #expect(environment(.fullDisk) == nil)
        #expect(environment(.link, interface: "eth0") == "cut:2:9:eth0" && environment(.link) == nil)
    }

    @Test func hostsOfADrillHaveARankEach() throws {
        func hosts(_ text: String, _ rankCounts: Int...) throws {
            _ = try DrillHosts(Hostfile(path: "hosts", text: text), interface: nil, rankCounts: rankCounts)
        }
        try hosts("a slots=1\nb slots=1\n", 2)
        #expect(throws: Failure.self) { try hosts("a slots=1\nb slots=2\n", 2) }
        #expect(throws: Failure.self) { try hosts("a slots=1\nb\n", 2) }
        #expect(throws: Failure.self) { try hosts("a slots=1\nb slots=1\n", 2, 3) }
        #expect(throws: Failure.self) { try hosts("a slots=1\nb slots=1\n", 1) }
        #expect(throws: Failure.self) { try hosts("a slots=1\n", 2) }
    }
}
