import Diagnostics
import Testing

@testable import MPI

@Suite struct LaunchEnvironmentTests {
    private func read(_ variables: [String: String]) -> LaunchEnvironment? {
        LaunchEnvironment { variables[$0] }
    }

    @Test func noLauncher() {
        #expect(read([:]) == nil)
        #expect(read(["SLURM_PROCID": "0", "SLURM_NTASKS": "4"]) == nil, "a batch script is not a step")
    }

    @Test func openMPI() {
        let found = read(["OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_LOCAL_SIZE": "2"])
        #expect(found == LaunchEnvironment(launcher: "Open MPI's mpirun", rank: 2, size: 4, localSize: 2))
        #expect(found?.isOpenMPI == true)
    }

    @Test func openMPIWithinASlurmStep() {
        let found = read([
            "OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_SIZE": "4", "SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1",
        ])
        #expect(found?.size == 4 && found?.rank == 3)
    }

    @Test func hydra() {
        let found = read(["PMI_RANK": "1", "PMI_SIZE": "3", "MPI_LOCALNRANKS": "3"])
        #expect(found?.rank == 1 && found?.size == 3 && found?.localSize == 3 && found?.isOpenMPI == false)
    }

    @Test(arguments: [("0", 4), ("1", 4), ("2", 3), ("3", nil)])
    func slurm(node: String, here: Int?) {
        let found = read([
            "SLURM_STEP_NUM_TASKS": "11", "SLURM_PROCID": "5", "SLURM_NODEID": node, "SLURM_STEP_TASKS_PER_NODE": "4(x2),3",
            "PMIX_RANK": "5",
        ])
        #expect(found?.rank == 5 && found?.size == 11 && found?.localSize == here)
    }

    @Test func pmixDoesNotTellTheSize() throws {
        let found = try #require(read(["PMIX_RANK": "2", "PMIX_NAMESPACE": "job"]))
        #expect(found.rank == 2 && found.size == nil)
        try found.check(rank: 2, size: 4, library: "")
        #expect(throws: Failure.self) { try found.check(rank: 0, size: 1, library: "") }
    }

    @Test func launcherOfAnotherMPI() throws {
        let found = try #require(read(["PMI_RANK": "2", "PMI_SIZE": "4"]))
        let failure = try #require(throws: Failure.self) { try found.check(rank: 0, size: 1, library: "Open MPI v4.1.4") }
        #expect(failure.kind == .mpi)
        #expect(
            failure.description
                == "started as rank 2 of 4 by a PMI launcher (MPICH's mpiexec, or srun), but MPI says rank 0 in a world of 1: this "
                + "launcher belongs to another MPI than the libmpi that lockstep is linked with; found library version "
                + "Open MPI v4.1.4; use its mpirun")
    }
}
