import TestSupport
import Testing

/// Wrong recipes, flags and numbers, each with the message that its user meets.
@Suite(.serialized, .timeLimit(.minutes(5))) struct BadRecipeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let recipe: String
        let parts: [String]
        var testDescription: String { recipe }

        init(_ recipe: String, _ parts: String...) {
            self.recipe = recipe
            self.parts = parts
        }
    }

    private static let recipes = [
        Case("experiment: {model: lenet5, epochs: many}", "recipe.yaml: experiment.epochs: expected a whole number"),
        Case("experiment: {model: lenet5, epohcs: 3}", "recipe.yaml: experiment: unknown key 'epohcs': did you mean 'epochs'?"),
        Case("experiment: {model: lenet5, optimiser: {rate: -0.1}}", "optimiser.rate (--learning-rate): found -0.1"),
        Case("experiment: {model: lenet5, optimiser: {momentum: 1}}", "optimiser.momentum (--momentum): found 1.0"),
        Case("experiment: {model: lenet5, schedule: {step: {every: 0}}}", "schedule.step.every: found 0"),
        Case("experiment: {model: lenet, epochs: 3}", "unknown model 'lenet': did you mean 'lenet5'?"),
        Case("experiment: {epochs: 3}", "recipe.yaml: experiment: 'model' is missing"),
        Case("execution: {keep: 3}", "recipe.yaml: 'experiment' is missing"),
        Case("experiment: [1, {", "recipe.yaml: "),
        Case("only words", "recipe.yaml: expected a mapping"),
        Case("", "recipe.yaml: it is empty"),
        Case(
            "experiment: {model: lenet5, epochs: 9223372036854775807}",
            "epochs: found 9223372036854775807, expected a number from 1"),
        Case(
            "experiment: {model: lenet5, augmentation: {crop: 32}}",
            "augmentation.crop: found 32, expected less than the images' size"),
        Case(
            "experiment: {model: {input: [32, 32, 3], classes: 10, layers: [convolution: {channels: 1000000, kernel: 1}, flatten, "
                + "linear: {outputs: 10}]}}", "layer linear1", "values in one tensor"),
        Case(
            "experiment: {model: {input: [32, 32, 3], classes: 10, layers: [convolution: {channels: 500000, kernel: 1}, "
                + "convolution: {channels: 1, kernel: 1}, flatten, linear: {outputs: 10}]}}",
            "this run needs", "set --micro-batches higher"),
        Case(
            "experiment: {model: {input: [28, 28, 1], classes: 10, layers: [flatten, linear: {outputs: 10}]}}",
            "takes images of 28×28×1 in 10 classes, but the data are cifar10"),
        Case(
            "experiment: {model: {input: [32, 32, 3], classes: 100, layers: [flatten, linear: {outputs: 100}]}}",
            "takes images of 32×32×3 in 100 classes, but the data are cifar10"),
        Case(
            "experiment: {model: {input: [32, 32, 3], classes: 10, layers: [convolution: {channels: 6, kernel: 40}]}}",
            "layer convolution1, given 32×32×3: a kernel of 40×40 does not fit into 32×32"),
        Case(
            "experiment: {model: {input: [32, 32, 3], classes: 10, layers: [linear: {outputs: 10}]}}",
            "layer linear1, given 32×32×3: expected a vector; put 'flatten' before it"),
        Case(
            "experiment: {model: {input: [32, 32, 3], classes: 10, layers: [flatten, linear: {outputs: 9}]}}",
            "ends with 9 values per sample, expected one for each of 10 classes"),
        Case(
            "experiment: {model: {input: [32, 32, 3], classes: 10, layers: [flaten, linear: {outputs: 10}]}}",
            "unknown layer 'flaten': did you mean 'flatten'?"),
        Case(
            "experiment: {model: {input: [32, 32, 3], classes: 10, layers: [dropout: {rate: 1}, flatten, linear: {outputs: 10}]}}",
            "layer dropout1, given 32×32×3: found a dropout rate of 1.0"),
    ]

    @Test func recipes() throws {
        try Workplace.with { place in
            for bad in Self.recipes {
                let recipe = try place.write(bad.recipe, "recipe.yaml")
                let run = try place.lockstep(["train", recipe, "--data", place.data, "--run", place.path("run")])
                expectFailure(run, code: 64)
                for part in bad.parts { #expect(run.standardError.contains(part), "\(bad.recipe): \(run.report)") }
                #expect(!place.exists("run"), "\(bad.recipe)")
            }
        }
    }

    @Test func recipeThatIsNoFile() throws {
        try Workplace.with { place in
            let missing = place.path("nowhere.yaml")
            expectFailure(try place.lockstep(["train", missing]), code: 66, "recipe \(missing): no such file")
            expectFailure(try place.lockstep(["train", place.directory]), code: 65, "recipe \(place.directory): cannot be read")
        }
    }

    @Test func flagsAndNumbers() throws {
        let cases: [([String], String)] = [
            (["--learnign-rate", "1"], "Unknown option '--learnign-rate'. Did you mean '--learning-rate'?"),
            (["--learning-rate", "fast"], "'fast' is invalid for '--learning-rate"),
            (["--learning-rate"], "Missing value for '--learning-rate"),
            (["--learning-rate", "-0.1"], "optimiser.rate (--learning-rate): found -0.1"),
            (["--learning-rate", "nan"], "optimiser.rate (--learning-rate): found nan"),
            (["--global-batch", "0"], "global-batch: found 0, expected a number from 1"),
            (["--global-batch", "601"], "a global batch of 601 is larger than the training set of 600 samples"),
            (["--global-batch", "4"], "found 8 micro-batches for a global batch of 4"),
            (["--micro-batches", "65"], "found 65 micro-batches for a global batch of 64, expected between 1 and 64"),
            (["--nesterov"], "optimiser.nesterov needs a momentum above 0"),
            (["--nesterov", "--no-nesterov", "--momentum", "0.9"], "--no-nesterov"),
            (["--schedule", "step:0:1"], "schedule.step.every: found 0"),
            (["--schedule", "cosin"], "'cosin' is invalid for '--schedule"),
            (["--keep", "0"], "keep: found 0"),
            (["--epochs", "0"], "epochs: found 0"),
            (["--model", "lenet"], "unknown model 'lenet': did you mean 'lenet5'?"),
        ]
        try Workplace.with { place in
            for (flags, part) in cases {
                let model = flags.contains("--model") ? [] : ["--model", "lenet5"]
                let run = try place.lockstep(["train", "--data", place.data, "--run", place.path("run")] + model + flags)
                expectFailure(run, code: 64)
                #expect(run.standardError.contains(part), "\(flags): \(run.report)")
                #expect(!place.exists("run"), "\(flags)")
            }
            expectFailure(try place.lockstep(["trian"]), code: 64, "'trian'")
            expectFailure(
                try place.lockstep(["train", "--data", place.data]), code: 64, "give a recipe file, --model NAME, or --resume")
        }
    }

    /// Every rank meets the same fault: one of them tells it, and mpirun ends with its code.
    @Test func underMPIRun() throws {
        try Workplace.with { place in
            let train = ["train", "--model", "lenet5", "--data", place.data, "--run", place.path("run")]
            expectFailure(
                try place.lockstep(train + ["--lerning-rate", "1"], ranks: 3), code: 64, "Did you mean '--learning-rate'?")
            expectFailure(
                try place.lockstep(train + ["--micro-batches", "2"], ranks: 3), code: 64,
                "3 ranks cannot share 2 micro-batches", "set --micro-batches 3 or more")
            let recipe = try place.write("experiment: {model: lenet5, epohcs: 3}", "recipe.yaml")
            expectFailure(try place.lockstep(["train", recipe], ranks: 3), code: 64, "did you mean 'epochs'?")
            #expect(!place.exists("run"))
        }
    }
}
