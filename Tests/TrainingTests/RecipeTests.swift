import Diagnostics
import Foundation
import Networks
import Testing

@testable import Training

/// A recipe's defaults, its one written form, and the messages for what it must not be.
@Suite struct RecipeTests {
    @Test func defaults() throws {
        let recipe = try Recipe.parse("experiment: {model: lenet5}", name: "test")
        let experiment = recipe.experiment
        #expect(experiment.model == .named(.init(.lenet5)) && experiment.data == nil)
        #expect(experiment.seed == 1 && experiment.epochs == 10 && experiment.globalBatch == 64 && experiment.microBatches == 8)
        #expect(experiment.augmentation == .none && experiment.schedule == .constant)
        #expect(experiment.optimiser == Optimiser() && experiment.optimiser.rate == 0.01 && experiment.optimiser.momentum == 0)
        #expect(
            recipe.execution == Execution() && recipe.execution.keep == 3 && recipe.execution.logEvery == 50
                && recipe.execution.maxSteps == nil)
        try recipe.validate()
    }

    @Test func everySettingIsRead() throws {
        let recipe = try Recipe.parse(Self.whole, name: "test")
        let experiment = recipe.experiment
        #expect(experiment.seed == 18_446_744_073_709_551_615 && experiment.globalBatch == 128)
        #expect(experiment.augmentation == .standard && experiment.schedule == Schedule(.step(every: 30, factor: 0.1)))
        #expect(experiment.optimiser.nesterov && experiment.optimiser.weightDecay == 5e-4 && experiment.optimiser.momentum == 0.9)
        #expect(recipe.execution.data == "data/cifar10" && recipe.execution.run == "runs/a" && recipe.execution.keep == 5)
        #expect(recipe.execution.logEvery == 10 && recipe.execution.maxSteps == 100)
        try recipe.validate()
    }

    /// What `recipe show` prints is what a user would write, and means the same.
    @Test func builtInRecipesAreWrittenPlainly() throws {
        #expect(BuiltInRecipe.all.count == 15)
        for recipe in BuiltInRecipe.all {
            let text = try recipe.yaml()
            #expect(try Recipe.parse(text, name: recipe.name).experiment == recipe.experiment, "\(text)")
            try recipe.experiment.validate()
        }
        let text = try BuiltInRecipe.named("resnet20-cifar10").yaml()
        #expect(
            text.contains("rate: 0.1\n") && text.contains("momentum: 0.9\n") && text.contains("weight-decay: 0.0001\n"), "\(text)")
        #expect(throws: Failure.self) { try BuiltInRecipe.named("resnet20") }
    }

    /// The canonical form stands in every checkpoint and decides its bytes: it changes with intent only.
    @Test func canonicalForm() throws {
        let experiment = try Recipe.parse(Self.whole, name: "test").experiment
        #expect(
            try canonicalJSON(experiment) == """
                {"augmentation":{"crop":4,"flip":true},"convolution":"auto","epochs":90,"global-batch":128,"loss":"softmax","micro-batches":4,\
                "model":{"classes":10,"input":[32,32,3],"layers":["flatten",{"linear":{"bias":true,"initialisation":"uniform",\
                "outputs":10}}],"name":"custom"},\
                "optimiser":{"decays":"all","momentum":0.9,"nesterov":true,"rate":0.05,"weight-decay":0.0005},\
                "reproducible":false,"schedule":{"step":{"every":30,"factor":0.1}},"seed":18446744073709551615,\
                "split":{"seed":1,"subset":1,"validation":0},"sync-batchnorm":false,"wire":"fp32"}
                """)
        #expect(
            try canonicalJSON(Experiment(model: .named(.init(.lenet5)))) == """
                {"augmentation":{"crop":0,"flip":false},"convolution":"auto","epochs":10,"global-batch":64,"loss":"softmax","micro-batches":8,"model":"lenet5",\
                "optimiser":{"decays":"all","momentum":0,"nesterov":false,"rate":0.01,"weight-decay":0},"reproducible":false,"schedule":"constant","seed":1,\
                "split":{"seed":1,"subset":1,"validation":0},"sync-batchnorm":false,"wire":"fp32"}
                """)
    }

    @Test(arguments: [
        whole, "experiment: {model: linear}", "experiment: {model: lenet5, schedule: constant}",
        "experiment: {model: lenet5, loss: euclidean}", "experiment: {model: lenet5, loss: softmax}",
        "experiment: {model: lenet5, loss: {softmax: {label-smoothing: 0.1}}}",
    ])
    func roundTrip(text: String) throws {
        let recipe = try Recipe.parse(text, name: "test")
        let json = try canonicalJSON(recipe)
        let again = try Recipe.parse(json, name: "test")
        #expect(again == recipe)
        #expect(try canonicalJSON(again) == json)
    }

    @Test(arguments: [
        ("experiment: {model: lenet5, epochs: 1.5}", "test: experiment.epochs: expected a whole number"),
        ("experiment: {model: lenet5, seed: -1}", "test: experiment.seed: expected a whole number"),
        ("experiment: {model: lenet5, optimiser: {rte: 1}}", "test: experiment.optimiser: unknown key 'rte': did you mean 'rate'?"),
        ("experiment: {model: lenet5, schedule: {step: {evry: 1}}}", "unknown key 'evry': did you mean 'every'?"),
        ("experiment: {model: lenet5, schedule: cosine}", "found 'cosine', expected constant or a mapping"),
        ("experiment: {model: lenet5}\nexecuton: {}", "test: unknown key 'executon': did you mean 'execution'?"),
        ("experiment: {model: lenet5}\nexecution: {kep: 1}", "test: execution: unknown key 'kep': did you mean 'keep'?"),
        ("experiment: {model: {name: lenet5, kernel: 7}}", "unknown key 'kernel': known keys are name, dropout"),
        ("experiment: {model: lenet5, schedule: {constant: {factor: 3}}}", "unknown key 'factor'"),
        ("experiment: {model: resnet}", "unknown model 'resnet'"),
        ("experiment: {model: lenet5, loss: hinge}", "loss: unknown loss 'hinge': known are softmax, euclidean"),
        ("experiment: {model: lenet5, loss: {softmx: {}}}", "unknown key 'softmx': did you mean 'softmax'?"),
        ("experiment: {model: lenet5, loss: {softmax: {smoothing: 0.1}}}", "unknown key 'smoothing'"),
        ("experiment: {model: lenet5, loss: {euclidean: {}}}", "'euclidean' has no settings"),
        ("experiment: {model: {input: [32, 32], classes: 10, layers: []}}", "expected three positive numbers"),
    ])
    func faultsAreNamed(text: String, message: String) {
        let failure = #expect(throws: Failure.self) { try Recipe.parse(text, name: "test") }
        #expect(failure?.kind == .usage && failure?.description.contains(message) == true, "\(String(describing: failure))")
    }

    private static let whole = """
        experiment:
          model: {input: [32, 32, 3], classes: 10, layers: [flatten, linear: {outputs: 10}]}
          seed: 18446744073709551615
          epochs: 90
          global-batch: 128
          micro-batches: 4
          augmentation: {flip: true, crop: 4}
          optimiser: {rate: 0.05, momentum: 0.9, nesterov: true, weight-decay: 5.0e-4}
          schedule: {step: {every: 30, factor: 0.1}}
        execution: {data: data/cifar10, run: runs/a, keep: 5, log-every: 10, max-steps: 100}
        """
}
