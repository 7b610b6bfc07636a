@testable import Cluster

/// Two hosts on which all is well, to plant a fault in.
enum PlantedFacts {
    static func good(ranks: Int = 4) -> ClusterFacts {
        let hosts = try? Hostfile(path: "hosts", text: "node1 slots=2\nnode2 slots=2\n")
        let launcher = LauncherFacts(
            mpirun: .init(path: "/usr/bin/mpirun", version: "mpirun (Open MPI) 4.1.4"),
            library: "Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4", isRoot: false,
            environment: ["OPENBLAS_NUM_THREADS": "1"], executable: "/opt/lockstep")
        var facts = ClusterFacts(
            request: DoctorRequest(ranks: ranks, hostfile: hosts, recipe: "recipe.yaml", data: "data", run: "runs/one"),
            launcher: launcher)
        facts.start = StartFacts(processes: 4, exitCode: 0, isOverdue: false, words: [])
        facts.hosts = [host("node1", address: "10.0.0.1"), host("node2", address: "10.0.0.2")]
        facts.ranks = (0..<4).map { rank in
            RankFacts(
                host: "node\(rank / 2 + 1)", process: Int32(100 + rank), processors: [2 * (rank % 2), 2 * (rank % 2) + 1],
                worldSize: 4,
                clock: 1000 + 0.001 * Double(rank))
        }
        facts.plan = PlanFacts(rankBytes: 100e6, sharedBytes: 10e6, checkpointBytes: 20e6, keptCheckpoints: 3)
        return facts
    }

    /// Two cores of two hardware threads each.
    static func host(_ name: String, address: String) -> HostFacts {
        let space = HostFacts.Space(free: 50e9, total: 100e9)
        return HostFacts(
            name: name, askedAs: name, processor: "Zen 4", cores: [[0, 1], [2, 3]], executable: "abc",
            interfaces: [NetworkInterface(name: "eth0", address: address, prefix: 24)],
            memory: HostFacts.Space(free: 8e9, total: 16e9), sharedMemory: HostFacts.Space(free: 8e9, total: 8e9),
            run: DirectoryFacts(path: "/home/runs/one", tried: "/home/runs", hasMark: true, space: space),
            temporary: DirectoryFacts(path: "/tmp", tried: "/tmp", space: space), data: "77")
    }
}
