import Foundation
import Testing

@testable import Cluster

@Suite struct RankLaunchTests {
    @Test func ranksTakeTurnsWhereThereAreFewerCores() {
        #expect(RankLaunch(ranks: 1, arguments: []).options == ["-np", "1"])
        let many = Cores.physical + 1
        #expect(
            RankLaunch(ranks: many, arguments: []).options
                == ["-np", "\(many)", "--oversubscribe", "--mca", "mpi_yield_when_idle", "1"])
    }

    /// A job that has cores of its own is kept to them, and mpirun binds nothing: it would count from the first core for every job.
    @Test func jobsBesideEachOtherKeepToTheirCores() {
        let launch = RankLaunch(ranks: 2, arguments: [], processors: [2, 3])
        #expect(
            launch.command(mpirun: "/bin/mpirun", taskset: "/bin/taskset")
                == ["/bin/taskset", "--cpu-list", "2,3", "/bin/mpirun", "-np", "2", "--bind-to", "none"])
        #expect(launch.command(mpirun: "/bin/mpirun", taskset: nil) == ["/bin/mpirun", "-np", "2", "--bind-to", "none"])
        #expect(RankLaunch(ranks: 2, arguments: [], processors: [5]).options.contains("--oversubscribe"))
    }

    /// All jobs of a measurement are bound alike, as its largest can be; what the user has set for Open MPI stays.
    @Test func oneBindingForAll() {
        let cores = Cores.physical
        #expect(RankBinding.common(largest: cores, hosts: nil, environment: [:]) == .core)
        #expect(RankBinding.common(largest: cores + 1, hosts: nil, environment: [:]) == .none)
        let given = RankBinding.common(largest: 1, hosts: nil, environment: ["OMPI_MCA_hwloc_base_binding_policy": "socket"])
        #expect(given == .given("socket") && given.description.hasPrefix("socket"))
        func options(_ binding: RankBinding?) -> [String] { RankLaunch(ranks: 1, arguments: [], binding: binding).options }
        #expect(
            options(.core) == ["-np", "1", "--bind-to", "core"] && options(RankBinding.none) == ["-np", "1", "--bind-to", "none"])
        #expect(options(given) == ["-np", "1"] && options(nil) == ["-np", "1"])
    }

    @Test func listsOfProcessors() {
        #expect(Cores.processors(in: "0-3,8,10-11") == [0, 1, 2, 3, 8, 10, 11])
        #expect(Cores.processors(in: "0\n") == [0] && Cores.processors(in: "") == [])
        #expect(!Cores.all.isEmpty && Cores.all.allSatisfy { !$0.isEmpty })
    }

    @Test func aProcessIsKnownByItsStart() throws {
        let own = try #require(HostProcess.current)
        #expect(own.isAlive && HostProcess(id: Int32.max) == nil)
    }

    /// A job ends when it is told to; one that has not begun does not begin.
    @Test func aJobIsEnded() throws {
        let ending = JobEnding()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // A process begins with the signals ignored that this one ignores, and mpirun is one that listens again.
        process.arguments = ["python3", "-c", "import signal, time; signal.signal(15, signal.SIG_DFL); time.sleep(60)"]
        for second in 1...50 { DispatchQueue.global().asyncAfter(deadline: .now() + Double(second)) { ending.ask() } }
        let start = Date()
        try RunningJobs.run(process, ending: ending)
        #expect(ending.isAsked && process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGTERM)
        #expect(Date().timeIntervalSince(start) < 50)
        #expect(try RankLaunch(ranks: 1, arguments: []).run(output: "/nowhere/output.txt", ending: ending) == 128 + SIGTERM)
    }

    /// What the user has set for Open MPI stays; what a launcher told its rank goes.
    @Test func theEnvironmentIsCleaned() {
        let given = [
            "PATH": "/bin", "OMPI_MCA_btl": "self,tcp", "OMPI_COMM_WORLD_RANK": "1", "PMIX_RANK": "1", "ORTE_X": "1",
            "PMI_SIZE": "2",
            "OPENBLAS_NUM_THREADS": "8",
        ]
        let kept = ["PATH": "/bin", "OMPI_MCA_btl": "self,tcp", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"]
        #expect(RankLaunch.cleanedEnvironment(given, isRoot: false) == kept)
        let asRoot = kept.merging(["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]) { $1 }
        #expect(RankLaunch.cleanedEnvironment(given, isRoot: true) == asRoot)
    }

    @Test func oneBitIsADifference() {
        func outcome(_ digest: String, _ losses: [String]) -> RankCountComparison.Outcome {
            .init(ranks: 1, checkpointDigest: digest, losses: losses)
        }
        #expect(RankCountComparison.agree([outcome("a", ["step 1 0.5"]), outcome("a", ["step 1 0.5"])]))
        #expect(!RankCountComparison.agree([outcome("a", ["step 1 0.5"]), outcome("b", ["step 1 0.5"])]))
        #expect(!RankCountComparison.agree([outcome("a", ["step 1 0.5"]), outcome("a", ["step 1 0.50000001"])]))
    }
}
