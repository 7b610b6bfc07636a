import Foundation
import TestSupport
import Testing

/// How ranks begin and end, well and badly. After each ending nothing may be left running.
@Suite(.serialized) struct StartAndEndTests {
    /// No daemon is started for a process without a launcher, so `orted` need not be there, and the start is quick.
    @Test func singletonNeedsNoDaemon() throws {
        var environment = Subprocess.cleanEnvironment()
        environment["PATH"] = "/nowhere"
        let run = try Subprocess.run(try buildProduct(named: "mpi-cases"), ["--start"], environment: environment, timeLimit: 20)
        #expect(run.exitCode == 0 && run.standardOutput.hasPrefix("rank 0 of 1 on "), "\(run.report)")
        #expect(run.leftovers.isEmpty)
    }

    @Test func launcherOfAnotherMPIIsTold() throws {
        var environment = Subprocess.cleanEnvironment()
        environment["OMPI_COMM_WORLD_SIZE"] = "4"
        environment["OMPI_COMM_WORLD_RANK"] = "2"
        let run = try Subprocess.run(try buildProduct(named: "mpi-cases"), ["--start"], environment: environment, timeLimit: 20)
        #expect(run.exitCode != 0 && run.leftovers.isEmpty, "\(run.report)")
        #expect(
            run.standardError.contains(
                "started as rank 2 of 4 by Open MPI's mpirun, but MPI says rank 0 in a world of 1: this launcher belongs to another "
                    + "MPI than the libmpi that lockstep is linked with; found library version "), "\(run.report)")
    }

    @Test func abortEndsAllRanksWithItsCode() throws {
        let run = try mpirun(ranks: 4, try buildProduct(named: "mpi-cases"), ["--abort", "37"], timeLimit: 30)
        #expect(run.exitCode == 37 && !run.timedOut && run.duration < 8, "\(run.report)")
        try expectNothingLeft(of: run, ranks: 4)
    }

    @Test func killedRankEndsTheJob() throws {
        let run = try mpirun(ranks: 4, try buildProduct(named: "mpi-cases"), ["--die"], timeLimit: 30)
        #expect(run.exitCode != 0 && !run.timedOut && run.duration < 15, "\(run.report)")
        try expectNothingLeft(of: run, ranks: 4)
    }

    @Test func droppedRequestIsAProgrammersError() throws {
        let run = try Subprocess.run(try buildProduct(named: "mpi-cases"), ["--drop"], timeLimit: 60)
        #expect(run.exitCode != 0 && !run.timedOut, "\(run.report)")
        #expect(
            run.standardError.contains("a request (MPI_Iallreduce, 3 elements) was dropped before it was finished"), "\(run.report)"
        )
    }

    /// The ranks of a job that hangs are killed one by one: each is a process group of its own.
    @Test func jobOverItsTimeLimitIsKilledWhole() throws {
        let run = try mpirun(ranks: 3, "/bin/sh", ["-c", "echo process $$; exec sleep 600"], timeLimit: 2)
        #expect(run.timedOut && run.duration < 8, "\(run.report)")
        try expectNothingLeft(of: run, ranks: 3)
    }

    private func expectNothingLeft(of run: Subprocess, ranks: Int) throws {
        let ids = run.lines.compactMap { line in line.hasPrefix("process ") ? Int32(line.dropFirst(8)) : nil }
        #expect(ids.count == ranks, "\(run.report)")
        #expect(run.leftovers.isEmpty, "\(run.report)")
        for id in ids { #expect(ProcessRecord(id: id)?.isAlive ?? false == false, "process \(id) is still there") }
    }
}
