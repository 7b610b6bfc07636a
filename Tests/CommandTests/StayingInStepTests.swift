import Foundation
import TestSupport
import Testing

/// A rank that went astray is named, and nothing of what it did reaches a checkpoint.
@Suite(.serialized, .timeLimit(.minutes(5))) struct StayingInStepTests {
    private func run(_ place: Workplace, fault: String, ranks: Int, _ more: [String] = []) throws -> Subprocess {
        try place.lockstep(
            ["train", "--data", place.data, "--run", place.path("run"), "--max-steps", "15", "--seed", "3"]
                + (more.contains("--model") ? [] : ["--model", "lenet5"]) + more,
            ranks: ranks, environment: ["LOCKSTEP_FAULT": fault])
    }

    /// Two ranks: nobody knows which of them is right, and rank 0 is believed. Three: the odd one is named, rank 0 or another.
    @Test(arguments: [(2, 1), (3, 0), (3, 2)]) func oneBitThatDiffers(ranks: Int, odd: Int) throws {
        try Workplace.with { place in
            let astray = try run(
                place, fault: "flip:\(odd):4:linear2.weight", ranks: ranks, ["--check-every", "5", "--learning-rate", "0"])
            expectFailure(astray, code: 82, "rank \(odd) on ", "step 5: linear2.weight is not what the other ranks hold")
            #expect(try place.checkpoints().isEmpty)
        }
    }

    /// In front of divided layers every rank has the whole, and it is compared; behind, each has its own, and nothing is.
    @Test func oneBitInFrontOfDividedLayers() throws {
        try Workplace.with { place in
            let flags = ["--parallelism", "hybrid", "--scheme", "b", "--check-every", "5", "--learning-rate", "0"]
            let astray = try run(place, fault: "flip:2:4:convolution2.weight", ranks: 3, flags)
            expectFailure(astray, code: 82, "rank 2 on ", "step 5: convolution2.weight is not what the other ranks hold")
            expectSuccess(try run(place, fault: "flip:2:4:linear2.weight", ranks: 3, flags))
        }
    }

    /// Without faults the same comparison finds nothing.
    @Test func nothingDiffers() throws {
        try Workplace.with { place in
            expectSuccess(try run(place, fault: "flip:9:4:linear2.weight", ranks: 3, ["--check-every", "1", "--momentum", "0.9"]))
            #expect(try place.checkpoints() == ["step-00000010.safetensors", "step-00000015.safetensors"])
        }
    }

    @Test(arguments: ["tree", "mpi"]) func aGradientThatIsNoNumber(exchange: String) throws {
        try Workplace.with { place in
            let astray = try run(place, fault: "nan:1:12:convolution2.weight", ranks: 2, ["--exchange", exchange])
            expectFailure(
                astray, code: 76, "rank 1 on ", "step 12: the gradient of convolution2.weight is not a finite number",
                "micro-batches 4 to 7, of the training images ")
            // What stood before is whole, and nothing came behind it.
            #expect(try place.checkpoints() == ["step-00000010.safetensors"])
        }
    }

    /// With each micro-batch a term of its own, fewer are suspected.
    @Test func aGradientOfOneMicroBatch() throws {
        try Workplace.with { place in
            let astray = try run(
                place, fault: "nan:2:3:convolution1.bias", ranks: 3,
                ["--reproducible", "--micro-batches", "3", "--global-batch", "12"])
            expectFailure(
                astray, code: 76, "rank 2 on ", "step 3: the gradient of convolution1.bias", "micro-batch 2, of the training")
        }
    }

    /// A divided layer's gradient is summed over what all ranks gave, with variable batch over what they gave to one pass.
    @Test(arguments: [
        (["--scheme", "b"], "micro-batches 0 to 7"), (["--scheme", "b", "--variable-batch", "2"], "micro-batches 0 to 3"),
        (["--scheme", "c", "--variable-batch", "2"], "micro-batches 0 to 1 and 4 to 5"),
    ]) func aGradientOfDividedLayers(scheme: [String], suspects: String) throws {
        try Workplace.with { place in
            let astray = try run(
                place, fault: "nan:1:12:linear1.weight", ranks: 2, ["--parallelism", "hybrid"] + scheme)
            expectFailure(
                astray, code: 76, "rank 1 on ", "step 12: the gradient of linear1.weight is not a finite number",
                "\(suspects), of the training images ")
        }
    }

    /// What one rank lost spreads to all before any loss is scored: the rank is named, with the samples that it was at. In front of divided
    /// layers these are its own, in them those of all ranks in that pass; by sums of synchronised BatchNorm its own again.
    @Test(arguments: [
        ("lenet5", "a", 0, "convolution2.bias", "start activations of pass 0", "micro-batches 0 to 3"),
        ("lenet5", "a", 1, "convolution2.bias", "start activations of pass 0", "micro-batches 4 to 7"),
        ("lenet5", "b", 1, "convolution2.bias", "start activations of pass 1", "micro-batches 4 to 7"),
        ("lenet5", "a", 1, "linear1.weight", "gather outputs of linear layer 0, pass 0", "micro-batches 0 to 7"),
        ("lenet5", "b", 1, "linear1.weight", "gather outputs of linear layer 0, pass 0", "micro-batches 0 to 3"),
        ("lenet5", "c", 1, "linear3.bias", "gather outputs of linear layer 2, pass 0", "micro-batches 0 to 1 and 4 to 5"),
        ("resnet8", nil, 1, "convolution1.weight", "exchange statistics of BatchNorm layer 0", "micro-batches 4 to 7"),
        ("resnet8", nil, 0, "residual3.convolution2.weight", "exchange statistics of BatchNorm layer 6", "micro-batches 0 to 3"),
    ]) func whoLostANumberFirst(
        model: String, scheme: String?, odd: Int, tensor: String, exchange: String, suspects: String
    ) throws {
        try Workplace.with { place in
            let flags = scheme.map { ["--parallelism", "hybrid", "--scheme", $0] } ?? ["--sync-batchnorm"]
            let astray = try run(place, fault: "ruin:\(odd):2:\(tensor)", ranks: 2, ["--model", model] + flags)
            expectFailure(
                astray, code: 76, "error: rank \(odd) on ", "step 2: a value for '\(exchange)' is not a finite number",
                "It comes from \(suspects), of the training images ")
        }
    }

    /// All ranks lose their losses at once: none is named, and the samples are those of all.
    @Test func allLoseNumbersAtOnce() throws {
        try Workplace.with { place in
            let astray = try run(place, fault: "flip:9:1:none", ranks: 2, ["--learning-rate", "1e30"])
            expectFailure(
                astray, code: 76, "error: step 2: the loss of 64 samples is not a finite number",
                "It comes from micro-batches 0 to 7, of the training images ")
        }
    }

    @Test func anotherExperiment() throws {
        try Workplace.with { place in
            let astray = try run(place, fault: "seed:2", ranks: 3)
            expectFailure(astray, code: 64, "rank 2 on ", "this rank's experiment is not rank 0's")
        }
    }

    /// Ranks that would stop at different steps wait for each other for ever: they are told before they begin.
    @Test func otherOptions() throws {
        try Workplace.with { place in
            let arguments = place.training(run: "run")
            let program = try buildProduct(named: "lockstep")
            let run = try mpirun(
                ranks: 1, program, arguments + ["--max-steps", "3", ":", "-np", "1", program] + arguments + ["--max-steps", "5"])
            expectFailure(run, code: 64, "rank 1 on ", "this rank's options are not rank 0's")
        }
    }

    /// The same program but for one byte behind its end, which nothing reads.
    @Test func anotherExecutable() throws {
        try Workplace.with { place in
            let program = try buildProduct(named: "lockstep")
            let other = place.path("lockstep")
            try FileManager.default.copyItem(atPath: program, toPath: other)
            let arguments = place.training(run: "run", maxSteps: 2)
            expectSuccess(try mpirun(ranks: 1, program, arguments + [":", "-np", "1", other] + arguments))
            let file = try #require(FileHandle(forWritingAtPath: other))
            try file.seekToEnd()
            try file.write(contentsOf: Data([0]))
            try file.close()
            let again = place.training(run: "again", maxSteps: 2)
            let run = try mpirun(ranks: 1, program, again + [":", "-np", "1", other] + again)
            expectFailure(run, code: 64, "rank 1 on ", "this rank's lockstep is another build than rank 0's")
            #expect(!place.exists("again"))
        }
    }

    @Test func otherKernels() throws {
        try Workplace.with { place in
            let astray = try run(place, fault: "kernels:2", ranks: 3)
            expectFailure(astray, code: 64, "rank 2 on ", "this rank's convolutions are computed by other kernels than rank 0's")
        }
    }

    @Test func anUnknownFault() throws {
        try Workplace.with { place in
            expectFailure(try run(place, fault: "flip:1", ranks: 1), code: 64, "LOCKSTEP_FAULT: found 'flip:1', expected ")
        }
    }
}

extension Workplace {
    fileprivate func checkpoints() throws -> [String] {
        let directory = path("run/checkpoints")
        guard FileManager.default.fileExists(atPath: directory) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasPrefix("step-") }.sorted()
    }
}
