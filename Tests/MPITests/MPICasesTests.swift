import TestSupport
import Testing

/// Every case of the program `mpi-cases`, at several numbers of ranks. A case that hangs is over the time limit and fails.
@Suite(.serialized) struct MPICasesTests {
    @Test(arguments: [1, 2, 3, 4]) func everyCasePasses(ranks: Int) throws {
        let program = try buildProduct(named: "mpi-cases")
        let names = try Subprocess.run(program, ["--list"]).lines
        #expect(names.count > 40)
        let run = try mpirun(ranks: ranks, program, timeLimit: 120)
        expectEveryCase(names, in: run)
    }

    /// Without mpirun, the process is a world of one.
    @Test func everyCasePassesWithoutALauncher() throws {
        let program = try buildProduct(named: "mpi-cases")
        let names = try Subprocess.run(program, ["--list"]).lines
        expectEveryCase(names, in: try Subprocess.run(program))
    }

    private func expectEveryCase(_ names: [String], in run: Subprocess) {
        for name in names {
            let line = run.lines.first { $0.hasPrefix("case \(name) ") }
            #expect(line == "case \(name) ok")
        }
        #expect(run.exitCode == 0 && !run.timedOut && run.leftovers.isEmpty, "\(run.report)")
    }
}
