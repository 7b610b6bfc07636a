import Foundation
import TestSupport
import Testing

/// `lockstep bench`: tables and lines as users and scripts read them.
@Suite(.timeLimit(.minutes(5))) struct BenchTests {
    private func lockstep(_ arguments: String...) throws -> Subprocess {
        try Subprocess.run(try buildProduct(named: "lockstep"), arguments, timeLimit: 60)
    }

    @Test func convolutionsOfAModel() throws {
        let run = try lockstep("bench", "convolution", "--model", "lenet5", "--batch", "2", "--repeat", "1", "--input", "28x28x1")
        expectSuccess(run)
        let header = try #require(run.lines.first)
        for title in ["layer", "algorithm", "CPU ms", "wall ms", "GFLOP/s", "% peak", "residual"] {
            #expect(header.contains(title))
        }
        let rows = run.lines.dropFirst().filter { $0.hasPrefix("convolution") }
        // Two layers; nobody asks for the gradient with respect to the images.
        #expect(rows.count == 5 && rows.allSatisfy { $0.count == header.count }, "\(run.report)")
        #expect(rows.map { $0.contains(" input ") } == [false, false, false, true, false], "\(run.report)")
        #expect(run.lines.contains { $0.hasPrefix("peak of this core: ") })
    }

    @Test func allAlgorithmsOfAShape() throws {
        let run = try lockstep(
            "bench", "convolution", "--model", "resnet8", "--batch", "1", "--repeat", "1", "--input", "8,8,3", "--all")
        expectSuccess(run)
        for name in ["im2col", "direct", "winograd"] { #expect(run.standardOutput.contains(" \(name) "), "\(run.report)") }
        #expect(run.standardOutput.contains(" * "))
    }

    @Test func stepsAsATable() throws {
        let run = try lockstep("bench", "step", "--models", "lenet5,mlp", "--batch", "4", "--seconds", "0.01")
        expectSuccess(run)
        #expect(run.lines.count == 3 && Set(run.lines.map(\.count)).count == 1, "\(run.report)")
        #expect(run.lines[1].hasPrefix("lenet5") && run.lines[2].hasPrefix("mlp"))
    }

    private func line(of run: Subprocess) throws -> [String: Any] {
        expectSuccess(run)
        return try #require(try JSONSerialization.jsonObject(with: Data(run.standardOutput.utf8)) as? [String: Any])
    }

    @Test func stepsAsLinesForScripts() throws {
        let run = try lockstep(
            "bench", "step", "--models", "lenet5", "--batch", "4", "--micro-batches", "2", "--seconds", "0.01", "--json",
            "--convolution", "im2col")
        let found = try line(of: run)
        #expect(found["model"] as? String == "lenet5" && found["convolution"] as? String == "im2col")
        #expect(found["batch"] as? Int == 4 && found["micro-batches"] as? Int == 2 && found["steps"] as? Int ?? 0 >= 3)
        for (key, parts) in [("images-per-second", 2), ("seconds", 2), ("phases", 4), ("wall-phases", 4)] {
            let numbers = try #require(found[key] as? [String: Double])
            #expect(numbers.count == parts && numbers.values.allSatisfy { $0 > 0 }, "\(run.report)")
        }
        #expect(found["flops-per-second"] as? Double ?? 0 > 0 && found["peak-flops-per-second"] as? Double ?? 0 > 0)
    }

    /// Ranks share the batch and exchange: what the third step finds hangs on the gradients of both before it, of all samples.
    @Test func stepsOfSeveralRanks() throws {
        let arguments = [
            "bench", "step", "--models", "lenet5", "--batch", "10", "--micro-batches", "3", "--seconds", "0.01", "--json",
        ]
        let program = try buildProduct(named: "lockstep")
        let alone = try line(of: try Subprocess.run(program, arguments, timeLimit: 60))
        #expect(alone["ranks"] == nil)
        let loss = try #require(alone["loss-of-third-step"] as? Double)
        for ranks in 1...3 {
            let run = try mpirun(ranks: ranks, program, arguments)
            let found = try line(of: run)
            #expect(found["ranks"] as? Int == ranks && found["batch"] as? Int == 10, "\(run.report)")
            for key in ["phases", "wall-phases"] {
                let phases = try #require(found[key] as? [String: Double])
                #expect(Set(phases.keys) == ["prepare", "forward", "backward", "exchange", "update"], "\(run.report)")
                #expect(phases.values.allSatisfy { $0 > 0 }, "\(run.report)")
            }
            #expect(isClose(found["loss-of-third-step"] as? Double ?? .nan, loss, relative: 1e-6), "alone \(loss): \(run.report)")
        }
        let tooMany = try mpirun(ranks: 4, program, arguments)
        expectFailure(tooMany, code: 64, "4 ranks cannot share 3 micro-batches")
    }

    /// For N samples on K ranks, 4·N·O·(K − 1)/K bytes of each divided layer's outputs and as much for its I inputs' gradients, the first
    /// one's inputs beside; through memory that ranks share nothing goes as a message.
    @Test(arguments: ["a", "b", "c"]) func bytesThatHybridRanksSend(scheme: String) throws {
        let arguments = [
            "bench", "step", "--models", "lenet5", "--batch", "8", "--micro-batches", "4", "--seconds", "0.01", "--json",
            "--parallelism",
        ]
        let program = try buildProduct(named: "lockstep")
        func sent(_ more: String...) throws -> Double? {
            try line(of: try mpirun(ranks: 2, program, arguments + more))["sent-bytes"] as? Double
        }
        let (outputs, inputs) = (120 + 84 + 10, 2 * 400 + 120 + 84)
        #expect(try sent("hybrid", "--scheme", scheme) == Double(4 * 8 * (outputs + inputs) / 2))
        #expect(try sent("replicated") == 0)
    }

    @Test func withoutTheExchangeRanksAreReplicated() throws {
        let run = try lockstep("bench", "step", "--models", "lenet5", "--without-exchange", "--parallelism", "sharded")
        expectFailure(run, code: 64, "--without-exchange: found --parallelism sharded, expected replicated ranks")
    }

    @Test func aTableOfSeveralRanksIsToldOnce() throws {
        let run = try mpirun(
            ranks: 2, try buildProduct(named: "lockstep"),
            ["bench", "step", "--models", "lenet5,mlp", "--batch", "4", "--micro-batches", "2", "--seconds", "0.01"])
        expectSuccess(run)
        #expect(run.lines.count == 3 && Set(run.lines.map(\.count)).count == 1, "\(run.report)")
        #expect(run.lines[0].contains("exchange"), "\(run.report)")
    }

    private func bench(_ arguments: String..., ranks: Int) throws -> Subprocess {
        try mpirun(ranks: ranks, try buildProduct(named: "lockstep"), ["bench", "allreduce"] + arguments)
    }

    @Test func sumsOverRanks() throws {
        let run = try bench("--largest", "64", "--seconds", "0.01", ranks: 2)
        expectSuccess(run)
        let header = try #require(run.lines.first)
        for title in ["bytes", "buffers", "exchange µs", "allreduce µs", "iallreduce µs", "MPI ÷ ours"] {
            #expect(header.contains(title))
        }
        for buffers in ["warm", "rewritten", "rotated"] {
            // 4, 16 and 64 bytes.
            let rows = run.lines.filter { $0.contains(" \(buffers) ") && $0.count == header.count }
            #expect(rows.count == 3, "\(run.report)")
            #expect(run.lines.count { $0.contains(", \(buffers), 2 ranks: ") && $0.hasSuffix(" GB/s)") } == 3, "\(run.report)")
        }
    }

    @Test func sumsOverRanksAsLinesForScripts() throws {
        let run = try bench("--smallest", "1024", "--largest", "4096", "--seconds", "0.01", "--json", ranks: 3)
        expectSuccess(run)
        let lines = try run.lines.filter { !$0.isEmpty }.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        // Two sizes, three kinds of buffers, three methods.
        #expect(lines.count == 18, "\(run.report)")
        for line in lines {
            let seconds = try #require(line["seconds"] as? [String: Double])
            let (median, least) = (try #require(seconds["median"]), try #require(seconds["least"]))
            #expect(least > 0 && least <= median && line["turns"] as? Int ?? 0 >= 5 && line["ranks"] as? Int == 3, "\(run.report)")
        }
    }

    @Test func sumsThatCannotBeMeasured() throws {
        expectFailure(try lockstep("bench", "allreduce", "--smallest", "6"), code: 64, "whole floats")
        expectFailure(try lockstep("bench", "allreduce", "--largest", "2"), code: 64, "--largest")
        expectFailure(try lockstep("bench", "allreduce", "--seconds", "0"), code: 64, "--seconds")
    }

    @Test func whatCannotBeMeasured() throws {
        expectFailure(try lockstep("bench", "step", "--models", "lenet6"), code: 64, "did you mean 'lenet5'?")
        expectFailure(try lockstep("bench", "step", "--models", "lenet5", "--batch", "0"), code: 64, "--batch")
        expectFailure(try lockstep("bench", "step", "--models", "lenet5", "--seconds", "0"), code: 64, "--seconds")
        expectFailure(
            try lockstep("bench", "step", "--models", "lenet5", "--batch", "4", "--micro-batches", "5"), code: 64, "micro-batches")
        expectFailure(
            try lockstep("bench", "convolution", "--model", "lenet5", "--batch", "2000000000"), code: 64, "set --batch lower")
    }
}
