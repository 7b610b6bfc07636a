import ArgumentParser
import Checkpoints
import Diagnostics
import Foundation
import Recorder
import Training

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what a checkpoint holds: tensors, recipe, position. Of a run directory: what each rank did last.")

    @Argument(help: "A checkpoint, or a run directory.")
    var path: String

    func run() throws {
        let run = RunDirectory(path: path)
        if run.holdsRun { try inspect(run) } else { try inspect(CheckpointFile(path: path)) }
    }

    private func inspect(_ file: CheckpointFile) throws {
        let experiment = try file.decodedExperiment()
        let position = try file.decodedProgress().position
        print("model \(experiment.model.name), data \(experiment.data?.description ?? "unknown")")
        print("after \(position.step.grouped) steps: epoch \(position.epoch + 1), \(position.sample.grouped) samples of it used")
        print("")
        let width = file.tensors.map(\.name.count).max() ?? 0
        for tensor in file.tensors {
            let count = tensor.shape.reduce(1, *)
            let shape = tensor.shape.map(String.init).joined(separator: "×")
            print("\(tensor.name.padding(toLength: width, withPad: " ", startingAt: 0))  \(shape)  \(count.grouped)")
        }
        let parameters = try experiment.resolvedModel().parameterCount()
        print("\(parameters.grouped) parameters")
        print("")
        print("experiment \(String(decoding: try encodedJSON(experiment), as: UTF8.self))", terminator: "")
    }

    private func inspect(_ run: RunDirectory) throws {
        let record = try run.read()
        print("\(record.experiment.model.name) on \(record.experiment.data?.description ?? "unknown data")")
        print(
            "started \(record.circumstances.started) on \(record.circumstances.ranks) rank\(record.circumstances.ranks == 1 ? "" : "s"): \(record.circumstances.command.joined(separator: " "))"
        )
        let store = CheckpointStore(directory: run.checkpoints, keep: record.execution.keep)
        for step in try store.steps() { print("checkpoint \(store.path(step: step))") }
        for rank in 0..<record.circumstances.ranks {
            do {
                print(try FlightRecord.read(run.recorder(rank: rank)))
            } catch {
                print("rank \(rank): \(error.description)")
            }
        }
    }
}
