import TestSupport
import Testing

/// `lockstep plan` needs neither MPI nor data, and takes its rates from flags or from what was measured.
@Suite(.timeLimit(.minutes(5))) struct PlanTests {
    private func plan(_ arguments: String...) throws -> Subprocess {
        try Subprocess.run(try buildProduct(named: "lockstep"), ["plan"] + arguments, timeLimit: 20)
    }

    @Test func everyLayerAndEveryStrategy() throws {
        let run = try plan("alexnet32", "--np", "4", "--global-batch", "128", "--bandwidth", "0.12", "--latency", "50")
        expectSuccess(run)
        #expect(run.lines.first == "alexnet32 on 4 ranks, global batch 128: 50.0 µs, 0.120 GB/s, 50.0 GFLOP/s a rank")
        for strategy in ["replicated", "sharded", "hybrid a", "hybrid b", "hybrid c"] {
            #expect(run.lines.count { $0.hasPrefix(strategy) } == 2, "\(run.report)")
        }
        // 2 · 3/4 of 4 bytes of 4096 · 2048 + 2048 gradients; instead, 3/4 of 128 samples' 4096 activations, twice, and 2048 outputs.
        let first = run.lines.filter { $0.hasPrefix("linear1") }.map { $0.split(separator: " ") }
        #expect(first.map { $0[2] } == ["50343.9", "50343.9", "3932.2", "3932.2", "3932.2"], "\(run.report)")
        #expect(run.lines.last?.hasPrefix("recommended: --parallelism hybrid --scheme") == true, "\(run.report)")
        #expect(run.standardError.isEmpty)
    }

    @Test func fewLinearWeightsAreBestReplicated() throws {
        let run = try plan("resnet20", "--np", "4", "--bandwidth", "1")
        expectSuccess(run)
        #expect(run.lines.last == "recommended: --parallelism replicated", "\(run.report)")
        let refused = try plan("mlp", "--np", "2")
        expectSuccess(refused)
        #expect(refused.lines.last?.contains("hybrid is not possible: model mlp begins with a linear layer") == true)
    }

    /// All-reduces of 4 ranks in 60 µs + bytes / (1 GB/s): six messages of 10 µs, and 2 · 3/4 of the bytes in the time.
    @Test func ratesAreThoseMeasured() throws {
        try withTemporaryDirectory { directory in
            let place = Workplace(directory: directory)
            let lines = [4_096, 65_536, 1_048_576].flatMap { bytes in
                ["exchange", "allreduce"].map { method in
                    let seconds = method == "exchange" ? 60e-6 + Double(bytes) / 1e9 : 1
                    return
                        #"{"buffers":"rotated","bytes":\#(bytes),"method":"\#(method)","ranks":4,"seconds":{"median":\#(seconds)},"turns":9}"#
                }
            }
            let measured = try place.write(lines.joined(separator: "\n"), "measured.json")
            let run = try plan("alexnet32", "--np", "2", "--measured", measured)
            expectSuccess(run)
            #expect(run.lines.first?.contains(": 10.0 µs, 1.500 GB/s,") == true, "\(run.report)")
            expectFailure(
                try plan("alexnet32", "--np", "2", "--measured", try place.write("{}", "empty.json")), code: 65,
                "expected those of 'lockstep bench allreduce --json'")
            expectFailure(try plan("alexnet32", "--np", "2", "--measured", place.path("no.json")), code: 66, "cannot be read")
        }
    }

    @Test func wrongNumbersAreNamed() throws {
        expectFailure(try plan("alexnet32", "--np", "0"), code: 64, "found 0 ranks for a global batch of 64")
        expectFailure(try plan("alexnet32", "--np", "4", "--bandwidth", "0"), code: 64, "--bandwidth: found 0.0")
        expectFailure(try plan("alexnet33", "--np", "4"), code: 64, "unknown model 'alexnet33'")
    }
}
