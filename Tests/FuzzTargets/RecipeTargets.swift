import Diagnostics
import Networks
import Training

@testable import Training

extension FuzzTarget {
    /// Recipes, up to the network and the memory that they ask for. Kernels' tables have a place for each of the pixels of an image, of which
    /// a model may have four million.
    static let recipe = FuzzTarget(
        "recipe", longestInput: 4_096, largestAllocation: 128,
        seeds: {
            [
                """
                experiment:
                  model: {name: lenet5, dropout: 0.25}
                  data: {format: mnist, input: [28, 28, 1], classes: 10, training: 60000, test: 10000}
                  seed: 3
                  epochs: 12
                  global-batch: 64
                  micro-batches: 4
                  split: {validation: 5000}
                  augmentation: {flip: true, crop: 2}
                  optimiser: {rate: 0.1, momentum: 0.9, weight-decay: 1e-4}
                  schedule: {step: {every: 4, factor: 0.1}, warm-up: {epochs: 1}}
                  loss: {softmax: {label-smoothing: 0.1}}
                execution: {keep: 2, time-limit: 1h30m, checkpoint-every: 10m, deadline: 90s, exchange: tree}
                """,
                """
                experiment:
                  model:
                    input: [8, 8, 3]
                    classes: 2
                    layers:
                      - &block {convolution: {channels: 3, kernel: 3, padding: same}}
                      - *block
                      - relu
                      - {linear: {outputs: 2}}
                """.replacing("- relu", with: "- flatten"),
                #"{"experiment":{"model":"lenet5","schedule":"constant"},"execution":{"data":"data"}}"#,
            ].map { Array($0.utf8) }
        },
        read: { bytes in
            let recipe = try Recipe.read(try ScratchDirectory.shared.write(bytes, "recipe.yaml"))
            try recipe.validate()
            _ = try recipe.experiment.settings()
            require(try Recipe.parse(canonicalJSON(recipe), name: "again") == recipe, "a recipe is another once written and read")
            guard let data = recipe.experiment.data else { return }
            try recipe.experiment.split.check(samples: data.training)
            let model = try recipe.experiment.model.model(for: data)
            try examine(model)
        })

    /// Models of a user's own, up to the memory of a plan.
    static let model = FuzzTarget(
        "model", longestInput: 4_096, largestAllocation: 128,
        seeds: {
            [
                """
                name: small
                input: [12, 12, 3]
                classes: 5
                layers:
                  - convolution: {channels: 8, kernel: [3, 5], stride: 2, padding: 1, dilation: 1, groups: 1, bias: false}
                  - batch-norm
                  - relu
                  - residual:
                      layers: [{convolution: {channels: 8, kernel: 3, padding: same}}, {batch-norm: {momentum: 0.2}}]
                      shortcut: [{convolution: {channels: 8, kernel: 1}}, {pad-channels: {channels: 8}}]
                  - max-pool: {size: 2, stride: 1, padding: 1}
                  - average-pool: {size: 2}
                  - dropout: {rate: 0.5}
                  - flatten
                  - linear: {outputs: 9, initialisation: he}
                  - linear: {outputs: 5}
                """,
                "{input: [4, 4, 1], classes: 2, layers: [global-average-pool, {linear: {outputs: 2, bias: false}}]}",
            ].map { Array($0.utf8) }
        },
        read: { bytes in
            let model = try Model.read(try ScratchDirectory.shared.write(bytes, "model.yaml"))
            try examine(model)
            let again = try ScratchDirectory.shared.write(Array(try model.yaml().utf8), "again.yaml")
            require(try Model.read(again) == model, "a model is another once written and read")
        })

    /// `run.json`, as reports read it.
    static let run = FuzzTarget(
        "run", longestInput: 4_096,
        seeds: {
            var experiment = Experiment(model: .named(try .init(named: "lenet5")))
            experiment.earlyStopping = 3
            let record = RunRecord(
                experiment: experiment, execution: Execution(),
                circumstances: .init(
                    command: ["lockstep", "train", "a b"], ranks: 2, hosts: ["node1", "node2"], started: "2026-01-02T03:04:05Z",
                    mpi: "Open MPI 4.1.4"))
            return [Array(try encodedJSON(record))]
        },
        read: { bytes in
            try ScratchDirectory.shared.write(bytes, "run/run.json")
            let run = RunDirectory(path: ScratchDirectory.shared.path + "/run")
            let record = try run.read()
            try Recipe(experiment: record.experiment, execution: record.execution).validate()
            _ = RunState(run.records(ranks: min(record.circumstances.ranks, 4)))
        })

    /// Everything that is asked of a network before memory is taken for it.
    private static func examine(_ model: Model) throws {
        let layers = try model.resolvedLayers()
        _ = (layers.stepMultiplyAdds, try model.parameterCount(), try model.convolutionPaths(), try model.firstVisibleLayer())
        _ = try Plan.size(of: model, Plan.Options(capacity: 64))
    }
}
