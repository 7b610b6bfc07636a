import TestSupport
import Testing

/// A warm step allocates nothing: not the step itself, and not the thread that prepares the next batch.
@Suite struct AllocationTests {
    @Test(.timeLimit(.minutes(2))) func aWarmStepAllocatesNothing() throws {
        try withTemporaryDirectory { directory in
            let run = try Subprocess.run(try buildProduct(named: "allocation-cases"), [directory], timeLimit: 90)
            #expect(run.exitCode == 0 && run.leftovers.isEmpty, "\(run.report)")
            #expect(run.lines.contains("control 1"), "the counter does not count: \(run.report)")
            #expect(run.lines.contains("steps 100 allocations 0"), "\(run.report)")
        }
    }
}
