import Diagnostics
import Foundation
import Testing

@testable import Cluster

/// Each check finds the fault that is planted in good facts, says the line that mends it, and finds nothing in the good ones.
@Suite struct DoctorTests {
    @Test func goodFactsHaveNoFault() {
        let examination = Examination(PlantedFacts.good())
        for (check, finding) in examination.findings { #expect(finding.severity == .ok, "\(check.name): \(finding)") }
        #expect(examination.exitCode == 0 && Set(examination.findings.map(\.check.name)).count == Check.all.count)
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let check: String
        let severity: Finding.Severity
        let found: String
        let remedy: String
        let plant: @Sendable (inout ClusterFacts) -> Void

        var testDescription: String { "\(check): \(found)" }

        init(
            _ check: String, _ severity: Finding.Severity, _ found: String, _ remedy: String,
            _ plant: @escaping @Sendable (inout ClusterFacts) -> Void
        ) {
            (self.check, self.severity, self.found, self.remedy, self.plant) = (check, severity, found, remedy, plant)
        }
    }

    static let faults = [
        Fault("mpirun", .error, "no mpirun in PATH", "apt-get install") { $0.launcher.mpirun = nil },
        Fault("mpirun", .error, "of MPICH 4.0.2, but lockstep is linked with Open MPI 4.1.4", "export PATH=/opt/openmpi/bin:$PATH")
        {
            $0.launcher.mpirun = .init(path: "/usr/bin/mpirun", version: "HYDRA build details: Version: 4.0.2")
            $0.launcher.otherPrograms = [.init(path: "/opt/openmpi/bin/mpirun", version: "mpirun (Open MPI) 4.1.4")]
        },
        Fault("mpirun", .error, "of Open MPI 5.0.1, but", "use /usr/bin/mpirun.openmpi") {
            $0.launcher.mpirun?.version = "mpirun (Open MPI) 5.0.1"
            $0.launcher.otherPrograms = [.init(path: "/usr/bin/mpirun.openmpi", version: "mpirun (Open MPI) 4.1.4")]
        },
        Fault("mpirun", .warning, "Open MPI 4.1.2, lockstep is linked with Open MPI 4.1.4", "first in PATH") {
            $0.launcher.mpirun?.version = "mpirun (Open MPI) 4.1.2"
        },
        Fault("mpirun", .error, "4 worlds of size 1 instead of one of 4", "first in PATH") { facts in
            for rank in facts.ranks.indices { facts.ranks[rank].worldSize = 1 }
        },
        Fault("mpirun", .error, "MPI does not start under /usr/bin/mpirun: no PMIx", "first in PATH") { facts in
            (facts.ranks[1].worldSize, facts.ranks[1].failure) = (nil, "no PMIx")
        },
        Fault("mpirun", .error, "started no rank: a / b", "first in PATH") { facts in
            facts.ranks = []
            facts.start = StartFacts(processes: 4, exitCode: 1, isOverdue: false, words: ["a", "b"])
        },
        Fault("mpirun", .error, "4 ranks of 4 began, 0 came into one world", "see network") { facts in
            for rank in facts.ranks.indices { facts.ranks[rank].worldSize = nil }
            facts.start?.isOverdue = true
        },
        Fault("permission", .error, "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM is not set", "export OMPI_ALLOW_RUN_AS_ROOT=1") {
            $0.launcher.isRoot = true
            $0.launcher.environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
        },
        Fault("hosts", .error, "node2 cannot be used: ssh: Could not resolve hostname", "correct the hostfile") {
            $0.unreached = [UnreachedHost(name: "node2", words: "ssh: Could not resolve hostname node2: Name or service not known")]
        },
        Fault("hosts", .error, "Permission denied", "ssh-copy-id node2") {
            $0.unreached = [UnreachedHost(name: "node2", words: "me@node2: Permission denied (publickey).")]
        },
        Fault("hosts", .warning, "node2: no answer among all hosts", "mpirun") { $0.hosts.removeLast() },
        Fault("cores", .error, "62 ranks on 2 cores of node2", "-np 4") { $0.request.ranks = 64 },
        Fault("cores", .warning, "gives node1 8 slots, and it has 2 cores", "node1 slots=2") { facts in
            facts.request.ranks = 2
            facts.request.hosts[0].slots = 8
            facts.request.hosts[1].slots = 1
        },
        Fault("cores", .error, "2 ranks on 1 core (of 2, by the container's quota) of node2", "-np 3") { $0.hosts[1].quota = 1.5 },
        Fault("binding", .error, "2 ranks of node1 are bound to 1 core, processor 0,1", "--bind-to core") {
            $0.ranks[1].processors = [0, 1]
        },
        // A rank on each thread of one core.
        Fault("binding", .error, "bound to 1 core", "--bind-to core") { facts in
            for rank in facts.ranks.indices { facts.ranks[rank].processors = [0, 1] }
        },
        Fault(
            "threads", .warning, "OPENBLAS_NUM_THREADS=2: 2 ranks × 2 threads of BLAS on 2 cores", "export OPENBLAS_NUM_THREADS=1"
        ) {
            $0.launcher.environment["OPENBLAS_NUM_THREADS"] = "2"
        },
        // A number for each level of nested teams; and one that no sum of ranks may overflow by.
        Fault("threads", .warning, "OMP_NUM_THREADS=4: 2 ranks × 4 threads", "export OPENBLAS_NUM_THREADS=1") {
            $0.launcher.environment = ["OMP_NUM_THREADS": "4,2"]
        },
        Fault("threads", .warning, "OMP_NUM_THREADS=9223372036854775807", "export OPENBLAS_NUM_THREADS=1") {
            $0.launcher.environment = ["OMP_NUM_THREADS": "\(Int.max)"]
        },
        Fault("threads", .warning, "no OPENBLAS_NUM_THREADS", "export OPENBLAS_NUM_THREADS=1") { facts in
            facts.launcher.environment = [:]
            for rank in facts.ranks.indices { facts.ranks[rank].processors = [0, 1, 2, 3] }
        },
        Fault("network", .warning, "docker0 (172.17.0.1) of node1", "export OMPI_MCA_btl_tcp_if_include=10.0.0.0/24") { facts in
            for host in facts.hosts.indices {
                facts.hosts[host].interfaces.insert(NetworkInterface(name: "docker0", address: "172.17.0.1", prefix: 16), at: 0)
            }
        },
        // Its addresses differ, and still it joins nothing.
        Fault("network", .warning, "docker0 (172.17.0.1) of node1", "=10.0.0.0/24 OMPI_MCA_oob") { facts in
            for host in facts.hosts.indices {
                facts.hosts[host].interfaces.insert(
                    NetworkInterface(name: "docker0", address: "172.17.0.\(host + 1)", prefix: 16), at: 0)
            }
        },
        Fault("network", .warning, "no IPv4 network has all hosts in it", "routes") {
            $0.hosts[1].interfaces = [NetworkInterface(name: "eth0", address: "10.0.1.2", prefix: 24)]
        },
        Fault("clocks", .warning, "node2's clock is 5.0 s ahead of node1's", "chrony") { $0.ranks[3].clock = 1005 },
        Fault("clocks", .error, "ahead", "chrony") { $0.ranks[3].clock = 2000 },
        Fault("processors", .warning, "Zen 4 (node1); Zen 2 (node2)", "one kind") { $0.hosts[1].processor = "Zen 2" },
        Fault("executables", .error, "node2's lockstep is another build than node1's", "scp /opt/lockstep node2:/opt/lockstep") {
            $0.hosts[1].executable = "abd"
        },
        Fault("data", .error, "node2's data holds other bytes than node1's", "rsync -a data/ node2:data/") {
            $0.hosts[1].data = "78"
        },
        Fault("data", .error, "node2: no such directory", "rsync -a data/ node2:data/") {
            ($0.hosts[1].data, $0.hosts[1].dataFailure) = (nil, "no such directory")
        },
        Fault("run directory", .warning, "not the same directory on node2", "share") { $0.hosts[1].run.hasMark = false },
        Fault("run directory", .unknown, "this host cannot leave a mark there", "share") { facts in
            for host in facts.hosts.indices { facts.hosts[host].run.hasMark = nil }
        },
        Fault("run directory", .error, "node1: rename fails: Invalid argument in /home/runs", "--run") {
            $0.hosts[0].run.failure = "rename fails: Invalid argument"
        },
        Fault("disks", .error, "has 60.0 MB left of 64.0 MB; checkpoints take 100.0 MB", "--keep fewer") {
            $0.hosts[0].run.space = HostFacts.Space(free: 60e6, total: 64e6)
        },
        Fault("disks", .warning, "/tmp of node2 has 1.0 GB left of 100.0 GB: nearly full", "TMPDIR") {
            $0.hosts[1].temporary.space = HostFacts.Space(free: 1e9, total: 100e9)
        },
        Fault("shared memory", .error, "/dev/shm of node2 has 20.0 MB left; 2 ranks there take 25.0 MB", "--shm-size=1G") {
            $0.hosts[1].sharedMemory = HostFacts.Space(free: 20e6, total: 64e6)
        },
        Fault("shared memory", .warning, "/dev/shm of node1 has 60.0 MB left", "remount") { facts in
            facts.plan = nil
            facts.hosts[0].sharedMemory = HostFacts.Space(free: 60e6, total: 64e6)
        },
        // What others hold there stays.
        Fault("shared memory", .error, "2 ranks there take 5.0 GB", "remount,size=15G") { facts in
            facts.plan?.sharedBytes = 2e9
            facts.hosts[1].sharedMemory = HostFacts.Space(free: 2e9, total: 12e9)
        },
        Fault("memory", .error, "2 ranks of 9.0 GB each on node1, which has 8.0 GB free", "--micro-batches higher") {
            $0.plan?.rankBytes = 9e9
        },
        Fault("memory", .warning, "2 ranks of 5.0 GB each", "--global-batch lower") { $0.plan?.rankBytes = 5e9 },
        Fault("recipe", .error, "64 ranks cannot share 8 micro-batches", "-np") {
            ($0.plan, $0.planFailure) = (nil, "64 ranks cannot share 8 micro-batches")
        },
    ]

    @Test(arguments: faults) func theFaultIsFound(_ fault: Fault) throws {
        var facts = PlantedFacts.good()
        fault.plant(&facts)
        let examination = Examination(facts)
        let findings = examination.findings.filter { $0.check.name == fault.check }.map(\.finding)
        let found = findings.contains { finding in
            finding.severity == fault.severity && finding.found.contains(fault.found) && finding.remedy.contains(fault.remedy)
        }
        #expect(found, "\(findings)")
        #expect((examination.exitCode != 0) == (examination.worst == .error))
    }

    /// Every check finds something in some fault: none of them is idle.
    @Test func everyCheckHasAFault() {
        #expect(Set(Self.faults.map(\.check)) == Set(Check.all.map(\.name)))
    }

    /// With no facts but mpirun's failure nothing is said to be well of the hosts.
    @Test func whatIsNotKnownIsNotCalledWell() {
        let good = PlantedFacts.good()
        let facts = ClusterFacts(request: good.request, launcher: good.launcher)
        let well = Examination(facts).findings.filter { $0.finding.severity == .ok }.map(\.check.name)
        #expect(Set(well).isSubset(of: ["permission", "threads", "network", "clocks"]), "\(well)")
    }

    @Test func theExitCodeIsTheFirstErrors() {
        var facts = PlantedFacts.good()
        facts.hosts[1].data = "78"
        #expect(Examination(facts).exitCode == Failure.Kind.badData.rawValue)
        facts.hosts[1].run.failure = "writing fails"
        #expect(Examination(facts).exitCode == Failure.Kind.badData.rawValue)
        facts.hosts[1].data = "77"
        #expect(Examination(facts).exitCode == Failure.Kind.io.rawValue)
    }

    @Test func theCommandFitsTheFacts() {
        var facts = PlantedFacts.good(ranks: 64)
        let end = "/opt/lockstep train recipe.yaml --data data --run runs/one"
        let options = "--bind-to core -x OPENBLAS_NUM_THREADS -x OMP_NUM_THREADS"
        #expect(
            facts.suggestedCommand == "OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 mpirun -np 4 --hostfile hosts \(options) \(end)")
        facts.unreached = [UnreachedHost(name: "node2", words: "")]
        facts.hosts.removeLast()
        facts.launcher.isRoot = true
        #expect(
            facts.suggestedCommand
                == "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 mpirun -np 2 "
                + "--host node1:2 \(options) \(end)")
    }

    /// mpirun would fill the first host's slots, and refuse to bind more ranks there than it has cores.
    @Test func theCommandKeepsToCoresWhereSlotsAreMore() {
        var facts = PlantedFacts.good()
        for host in facts.request.hosts.indices { facts.request.hosts[host].slots = 8 }
        #expect(
            facts.suggestedCommand.contains(" mpirun -np 4 --host node1:2,node2:2 --bind-to core "), "\(facts.suggestedCommand)")
    }

    /// The copy of a checkpoint is rank 0's alone.
    @Test func onlyTheFirstHostHoldsTheCheckpoint() {
        var facts = PlantedFacts.good()
        facts.plan?.rankBytes = 1e9
        facts.plan?.checkpointBytes = 15e9
        let found = Examination(facts).findings.filter { $0.check.name == "memory" }.map(\.finding.found)
        #expect(found.count == 1 && found[0].contains("on node1"), "\(found)")
    }

    @Test func aCommandQuotesWhatPeopleWrite() {
        var facts = PlantedFacts.good()
        (facts.request.data, facts.request.run) = ("my data; rm -rf x", nil)
        #expect(facts.suggestedCommand.hasSuffix("train recipe.yaml --data 'my data; rm -rf x'"))
    }

    @Test func factsComeThroughOtherWords() throws {
        let good = PlantedFacts.good()
        var early = good.ranks[0]
        early.worldSize = nil
        let lines = [
            "ssh: a word", "----", try FactLines.line(good.hosts[0]), try FactLines.line(early),
            "[1,0]" + (try FactLines.line(good.ranks[1])) + "\r", "lockstep-probe {torn", try FactLines.line(good.hosts[0]),
            try FactLines.line(good.ranks[0]),
        ]
        let read = FactLines.read(lines.joined(separator: "\n"))
        #expect(read.hosts == [good.hosts[0]] && read.words == ["ssh: a word"])
        #expect(read.ranks == [good.ranks[1], good.ranks[0]])
    }

    /// Hostfiles call hosts by names, with a domain or without, and by addresses.
    @Test func hostsAreFoundUnderTheirOtherNames() {
        let known = ["alias": Set(["10.0.0.2"]), "10.0.0.3": Set(["10.0.0.3"]), "10.0.0.4": Set(["10.0.0.4"])]
        var hosts = ["node1.site", "two", "three", "four", "five"].enumerated().map { index, name in
            PlantedFacts.host(name, address: "10.0.0.\(index + 1)")
        }
        for index in hosts.indices { hosts[index].askedAs = nil }
        HostNames.assign(["unknown", "10.0.0.4", "alias", "node1", "10.0.0.3"], to: &hosts) { known[$0] ?? [] }
        #expect(hosts.map(\.askedAs) == ["node1", "alias", "10.0.0.3", "10.0.0.4", "unknown"])
        var strangers = Array(hosts.suffix(2))
        for index in strangers.indices { strangers[index].askedAs = nil }
        HostNames.assign(["a", "b"], to: &strangers) { _ in [] }
        #expect(strangers.map(\.askedAs) == [nil, nil])
    }

    @Test func wordsOfSSHComeFirst() {
        let lines = ["Warning: added", "ssh: connect to host node2 port 22: Connection refused", "ORTE was unable"]
        #expect(FactGathering.words(lines, isOverdue: false) == lines[1])
        #expect(FactGathering.words([], isOverdue: true) == "no answer in time")
    }

    @Test func subnetsAreThoseOfAddressAndPrefix() throws {
        let subnet = try #require(Subnet(NetworkInterface(name: "e", address: "192.168.77.200", prefix: 20)))
        #expect(subnet.description == "192.168.64.0/20")
        for (address, isInside) in [
            ("192.168.64.0", true), ("192.168.79.255", true), ("192.168.80.0", false), ("192.168.63.255", false),
        ] {
            #expect(subnet.contains(NetworkInterface(name: "e", address: address, prefix: 20)) == isInside, "\(address)")
        }
        #expect(Subnet(NetworkInterface(name: "e", address: "10.0.0", prefix: 8)) == nil)
        #expect(Subnet(NetworkInterface(name: "e", address: "10.9.9.9", prefix: 0))?.description == "0.0.0.0/0")
        #expect(Subnet(NetworkInterface(name: "e", address: "10.9.9.9", prefix: 32))?.description == "10.9.9.9/32")
    }

    /// Of the machine that the tests run on.
    @Test func aProbeFindsItsHost() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("probe-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(FileManager.default.createFile(atPath: "\(folder)/mark", contents: nil))
        let found = HostProbe(run: "\(folder)/runs/one", mark: "mark").facts(
            processor: "?", data: .failure(Failure(.missing, "none")))
        #expect(found.run.tried == folder && found.run.failure == nil && found.run.hasMark == true && found.dataFailure == "none")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["mark"])
        #expect(!found.cores.isEmpty && found.memory.free > 0 && found.memory.total >= found.memory.free)
        let nowhere = HostProbe(run: "/proc/none", mark: nil).facts(processor: "?", data: nil)
        #expect(
            nowhere.run.tried == "/proc" && nowhere.run.failure?.hasPrefix("writing fails: ") == true && nowhere.run.hasMark == nil)
    }
}
