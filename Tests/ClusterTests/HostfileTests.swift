import Diagnostics
import Testing

@testable import Cluster

@Suite struct HostfileTests {
    @Test func hostsAndSlots() throws {
        let file = try Hostfile(path: "hosts", text: "# two nodes\n\nnode1 slots=8 max_slots=8\n  node2\tslots=4 # half of it\n")
        #expect(file.hosts == [.init(name: "node1", slots: 8), .init(name: "node2", slots: 4)])
        #expect(file.slots == 12 && RankLaunch.cores(of: file) == 12)
    }

    @Test func whatMPIRunAloneKnows() throws {
        let file = try Hostfile(path: "hosts", text: "node1 slots=8\nnode2\n")
        #expect(file.slots == nil && RankLaunch.cores(of: file) == nil)
        #expect(!RankLaunch(ranks: 100, arguments: [], hosts: file).options.contains("--oversubscribe"))
    }

    @Test func wrongFiles() {
        for text in ["", "# nothing\n", "node1 slots=0\n", "node1 slots=many\n"] {
            #expect(throws: Failure.self, "\(text)") { try Hostfile(path: "hosts", text: text) }
        }
        #expect(throws: Failure.self) { try Hostfile(path: "/nowhere/hosts") }
    }

    @Test func ranksOfSeveralHosts() throws {
        let file = try Hostfile(path: "hosts", text: "node1 slots=2\nnode2 slots=2\n")
        let variables = ["--hostfile", "hosts", "-x", "OPENBLAS_NUM_THREADS", "-x", "OMP_NUM_THREADS"]
        #expect(RankLaunch(ranks: 4, arguments: [], hosts: file).options == ["-np", "4"] + variables)
        #expect(RankLaunch(ranks: 5, arguments: [], hosts: file).options.contains("--oversubscribe"))
    }
}
