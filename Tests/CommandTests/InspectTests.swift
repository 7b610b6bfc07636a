import Foundation
import Recorder
import TestSupport
import Testing

/// What a checkpoint tells of itself, to `lockstep inspect` and to any reader of safetensors.
@Suite(.timeLimit(.minutes(5))) struct InspectTests {
    @Test func showsTensorsParametersAndPosition() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", maxSteps: 13))
            let run = try place.lockstep(["inspect", place.checkpoint(run: "run", step: 13)])
            expectSuccess(run)
            for line in [
                "model lenet5, data cifar10 (600 training and 200 test images of 32×32×3, 10 classes)",
                "after 13 steps: epoch 2, 192 samples of it used", "62,006 parameters",
            ] { #expect(run.lines.contains(line), "\(run.report)") }
            for pattern in [
                #/convolution1\.weight +5×5×3×6 +450/#, #/linear3\.bias +10 +10/#, #/momentum\.linear1\.weight +400×120 +48,000/#,
            ] {
                #expect(run.lines.contains { $0.wholeMatch(of: pattern) != nil }, "\(run.report)")
            }
            #expect(run.standardOutput.contains("\"weight-decay\" : 0.001"), "\(run.report)")
            try expectPlain(run)
        }
    }

    @Test func showsARun() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", maxSteps: 13))
            let run = try place.lockstep(["inspect", place.path("run")])
            expectSuccess(run)
            for step in [10, 13] { #expect(run.lines.contains("checkpoint \(place.checkpoint(run: "run", step: step))")) }
            #expect(run.lines.contains { $0.hasPrefix("rank 0 on ") && $0.hasSuffix("trained to the end") }, "\(run.report)")
        }
    }

    /// Rank 1 is gone before an exchange of divided layers: what rank 0 waited in until it was ended stands in its record.
    ///
    /// 64 samples, of 400 activations each; linear layers of 120, 84 and 10 outputs.
    @Test(arguments: [
        ("gather labels", "all-gather", "64"), ("start activations of pass 0", "all-gather", "25,600"),
        ("gather outputs of linear layer 0, pass 0", "all-gather", "7,680"),
        ("sum input gradients of linear layer 2, pass 0", "reduce-scatter", "5,376"),
        ("start return of pass 0", "reduce-scatter", "25,600"),
    ]) func whatAHybridRankWaitsIn(operation: String, kind: String, count: String) throws {
        try Workplace.with { place in
            let run = try place.lockstep(
                place.training(run: "run") + ["--parallelism", "hybrid", "--scheme", "a"], ranks: 2,
                environment: ["LOCKSTEP_FAULT": "kill:1:3:\(operation)"])
            #expect(run.exitCode != 0 && !run.timedOut && run.leftovers.isEmpty, "\(run.report)")
            let inspection = try place.lockstep(["inspect", place.path("run")])
            expectSuccess(inspection)
            let line = try #require(inspection.lines.first { $0.hasPrefix("rank 0 on ") }, "\(inspection.report)")
            #expect(line.contains(": step 2, ") && line.contains("in \(kind) #"), "\(line)")
            #expect(line.contains(" of \(count) values for "), "\(line)")
        }
    }

    /// Among the last that ranks do together is to gather the optimiser's state, of which each has a part: of 62,006 values and what lies
    /// between, or of one layer after the other.
    @Test(arguments: [("sharded", 62_064), ("hybrid", 10)])
    func gatheringForACheckpointIsNoted(parallelism: String, count: UInt64) throws {
        try Workplace.with { place in
            expectSuccess(
                try place.train(
                    run: "run", maxSteps: 3, ranks: 2, ["--parallelism", parallelism, "--bucket-size", "10000000"]))
            for rank in 0..<2 {
                let last = try FlightRecord.read(place.path("run/recorders/rank-\(rank).recorder")).collectives
                #expect(last.contains { $0.kind == .allGather && $0.count == count }, "\(last)")
            }
        }
    }

    /// A reader of ten lines that knows nothing of lockstep; and Python's own, where it is installed.
    @Test(.enabled(if: Python.isThere, "needs python3")) func otherReadersOpenIt() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", maxSteps: 2))
            let reader = try place.write(
                """
                import json, struct, sys, zlib
                data = open(sys.argv[1], "rb").read()
                size = struct.unpack("<Q", data[:8])[0]
                header = json.loads(data[8:8 + size])
                metadata = header.pop("__metadata__")
                for name, tensor in header.items():
                    start, end = tensor["data_offsets"]
                    values = data[8 + size + start:8 + size + end]
                    assert tensor["dtype"] == "F32" and "%08x" % zlib.crc32(values) == metadata["crc32." + name], name
                    print(name, tensor["shape"], struct.unpack("<%df" % (len(values) // 4), values)[0])
                assert json.loads(metadata["experiment"])["seed"] == 7
                try:
                    from safetensors import safe_open
                except ImportError:
                    print("safetensors is not installed")
                else:
                    with safe_open(sys.argv[1], "numpy") as file:
                        assert {name: list(file.get_tensor(name).shape) for name in file.keys()} == {
                            name: tensor["shape"] for name, tensor in header.items()}
                """, "reader.py")
            let run = try Subprocess.run("python3", [reader, place.checkpoint(run: "run", step: 2)])
            expectSuccess(run)
            #expect(run.lines.count { $0.contains("[") } == 20, "\(run.report)")
            #expect(run.lines.contains { $0.hasPrefix("linear1.weight [400, 120] ") }, "\(run.report)")
        }
    }
}

enum Python {
    static let isThere = (try? Subprocess.run("python3", ["--version"]))?.exitCode == 0
}

/// No escape codes and no carriage returns, where nobody watches.
func expectPlain(_ run: Subprocess, at location: SourceLocation = #_sourceLocation) throws {
    for text in [run.standardOutput, run.standardError] {
        #expect(!text.contains("\u{1B}") && !text.unicodeScalars.contains("\r"), "\(run.report)", sourceLocation: location)
    }
}
