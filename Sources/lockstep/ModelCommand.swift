import ArgumentParser
import Datasets
import Diagnostics
import Foundation
import Networks
import Reports
import Training

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Look at the built-in models, or at one of your own.",
        subcommands: [ModelList.self, ModelShow.self])
}

struct ModelList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The built-in models, with their sizes.")

    func run() throws {
        let rows: [[Table.Cell]] = try BuiltInModel.Name.allCases.map { name in
            let builtIn = BuiltInModel(name)
            let model = builtIn.model(input: builtIn.usualInput, classes: builtIn.usualClasses)
            return [
                Table.Cell(name.rawValue), .count(try model.parameterCount()), Table.Cell("\(model.input)"),
                Table.Cell(builtIn.summary),
            ]
        }
        let table = Table(columns: [.init("model"), .init("parameters", .trailing), .init("input"), .init("summary")], rows: rows)
        for line in table.text() { print(line) }
    }
}

struct ModelShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "A table of a model's layers, or the model as the YAML that one could have written.")

    @Argument(help: "A built-in model, or a file with 'input', 'classes' and 'layers' in YAML.")
    var model: String

    @Option(help: "Height, width and channels of the images, as in 32,32,3.")
    var input: ShapeArgument?

    @Option(help: "The number of classes.")
    var classes: Int?

    @Flag(help: "Print the model as YAML.")
    var yaml = false

    @Option(help: "Plan for this many samples per step, and show the bytes that one rank takes.")
    var globalBatch: Int?

    @Option(help: "Parts of a global batch.")
    var microBatches = 8

    func run() throws {
        let model = try namedModel(model, input: input, classes: classes)
        _ = try model.resolvedLayers()
        if yaml {
            print(try model.yaml(), terminator: "")
        } else {
            try showTable(of: model)
        }
    }

    private func showTable(of model: Model) throws {
        let layers = try model.resolvedLayers()
        let rows = layers.flatMap(\.flattened)
        var table = Table(
            columns: [
                .init("layer"), .init("output"), .init("parameters", .trailing), .init("multiply-adds", .trailing),
                .init("activation", .trailing),
            ])
        func append(_ name: String, _ output: String, _ parameters: Int, _ multiplyAdds: Int, activation values: Int) {
            table.append([
                Table.Cell(name), Table.Cell(output), .count(parameters), .count(multiplyAdds),
                Table.Cell("\((values * 4).grouped) B"),
            ])
        }
        for layer in rows {
            let output = layer.output.description
            if layer.layers.isEmpty {
                append(layer.name, output, layer.parameterCount, layer.multiplyAdds, activation: layer.output.count)
            } else {
                table.append([Table.Cell(layer.name), Table.Cell(output), "", "", ""])
            }
        }
        append(
            "sum", "", layers.reduce(0) { $0 + $1.parameterCount }, layers.reduce(0) { $0 + $1.multiplyAdds },
            activation: rows.filter(\.layers.isEmpty).reduce(0) { $0 + $1.output.count })
        for line in table.text() { print(line) }
        if let globalBatch {
            try Experiment.check(globalBatch, "global-batch")
            var experiment = Experiment(model: .described(model))
            (experiment.globalBatch, experiment.microBatches) = (globalBatch, microBatches)
            let partition = try BatchPartition(
                globalBatch: globalBatch, microBatches: microBatches, ranks: 1, samples: globalBatch)
            let need = try MemoryNeed(experiment, partition: partition, rank: 0)
            func megabytes(_ bytes: Double) -> String { String(format: "%.1f MB", bytes * 1e-6) }
            print("")
            print(
                "training with micro-batches of \(partition.largestMicroBatch) takes \(megabytes(need.bytes)) on one rank: "
                    + "activations and scratch \(megabytes(need.plan)), parameters and gradients \(megabytes(need.arenas)), "
                    + "images \(megabytes(need.images)), the copy that a checkpoint is written from \(megabytes(need.checkpoint)); momentum "
                    + "takes \(megabytes(need.arenas / 2 + need.checkpoint)) more")
        }
    }
}

/// A built-in model by its name, or that of a file, in the shape that was asked for.
func namedModel(_ name: String, input: ShapeArgument?, classes: Int?) throws -> Model {
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: name, isDirectory: &isDirectory), !isDirectory.boolValue {
        guard input == nil, classes == nil else {
            throw Failure(.usage, "\(name) says its own input and classes: --input and --classes are for built-in models")
        }
        return try Model.read(name)
    }
    let builtIn = try BuiltInModel(named: name)
    return builtIn.model(input: input?.shape ?? builtIn.usualInput, classes: classes ?? builtIn.usualClasses)
}

/// Height, width and channels: `32,32,3` or `32x32x3`.
struct ShapeArgument: ExpressibleByArgument, Sendable {
    let shape: TensorShape

    init?(argument: String) {
        let sizes = argument.split { ",x×".contains($0) }.compactMap { Int($0) }
        guard sizes.count == 3, sizes.allSatisfy({ $0 > 0 }) else { return nil }
        shape = TensorShape(height: sizes[0], width: sizes[1], channels: sizes[2])
    }
}
