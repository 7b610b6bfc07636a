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
