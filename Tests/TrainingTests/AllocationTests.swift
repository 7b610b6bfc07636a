import TestSupport
import Testing

/// What a rank takes, and that a warm step takes nothing more.
@Suite struct AllocationTests {
    /// What `model show --global-batch` prints and what a start is refused by: within a tenth of what the process grows by.
    @Test(
        .timeLimit(.minutes(2)),
        arguments: [("lenet5", 512, 1), ("vgg11", 32, 2), ("resnet20", 64, 1), ("alexnet32", 16, 1), ("mlp-512", 4_096, 4)])
    func memoryIsAsPlanned(model: String, globalBatch: Int, microBatches: Int) throws {
        try withTemporaryDirectory { directory in
            let arguments = ["memory", model, "\(globalBatch)", "\(microBatches)", directory]
            let run = try Subprocess.run(try buildProduct(named: "allocation-cases"), arguments, timeLimit: 90)
            let words = run.lines.last?.split(separator: " ").compactMap { Double($0) } ?? []
            try #require(run.exitCode == 0 && words.count == 2, "\(run.report)")
            #expect(abs(words[1] - words[0]) <= 0.1 * words[0], "\(run.report)")
        }
    }

    /// Not the step itself, and not the thread that prepares the next batch.
    @Test(.timeLimit(.minutes(2)), arguments: [("lenet5", []), ("resnet8", []), ("resnet8", ["reproducible"])])
    func aWarmStepAllocatesNothing(model: String, mode: [String]) throws {
        try withTemporaryDirectory { directory in
            let run = try Subprocess.run(try buildProduct(named: "allocation-cases"), [model, directory] + mode, timeLimit: 90)
            #expect(run.exitCode == 0 && run.leftovers.isEmpty, "\(run.report)")
            #expect(run.lines.contains("control 1"), "the counter does not count: \(run.report)")
            #expect(run.lines.contains("steps 100 allocations 0"), "\(run.report)")
        }
    }
}
