import Checkpoints
import Diagnostics
import Kernels
import Networks
import TestSupport
import Testing

@testable import Training

/// The kernel table as a part of the experiment: its written form, and what it must not name.
@Suite struct KernelTableTests {
    private static let shape = "1x1x400 by 1x1 to 1x1x120"
    private static let table = KernelTable([shape: .init(forward: "im2col", input: "direct", weights: "pointwise")])

    private func recipe(_ kernels: String) -> String { "experiment: {model: lenet5, kernels: {\(kernels)}}" }

    @Test func itsWrittenForm() throws {
        let text = recipe("\(Self.shape): {forward: im2col, input: direct, weights: pointwise}")
        let experiment = try Recipe.parse(text, name: "test").experiment
        #expect(experiment.kernels == Self.table)
        let json = try canonicalJSON(experiment)
        #expect(json.contains(#""kernels":{"\#(Self.shape)":{"forward":"im2col","input":"direct","weights":"pointwise"}},"loss""#))
        #expect(try Recipe.decode(Experiment.self, from: json, name: "test") == experiment)
        #expect(try Recipe.parse("experiment: {model: lenet5, kernels: {}}", name: "test").experiment.kernels == KernelTable())
    }

    @Test(arguments: [
        ("{forward: im2cl, input: direct, weights: direct}", ".forward: unknown algorithm 'im2cl': did you mean 'im2col'?"),
        ("{forward: im2col, input: direct, weights: samples}", ".weights: unknown algorithm 'samples'"),
        ("{forward: im2col, input: direct}", "'weights' is missing"),
        ("{forward: im2col, input: direct, weight: direct}", "unknown key 'weight': did you mean 'weights'?"),
        ("direct", "kernels.\(shape): expected a mapping"),
    ])
    func faultsAreNamed(algorithms: String, message: String) {
        let failure = #expect(throws: Failure.self) {
            try Recipe.parse(recipe("\(Self.shape): \(algorithms)"), name: "test")
        }
        let text = failure?.description ?? ""
        #expect(failure?.kind == .usage && text.hasPrefix("test: experiment.kernels.") && text.contains(message), "\(text)")
    }

    /// A checkpoint whose table does not fit its own model is a bad one, whatever reads it.
    @Test(arguments: [
        (KernelTable([shape: .init(forward: "im2col", input: "winograd", weights: "im2col")]), "'winograd' does not compute this"),
        (
            KernelTable(["32x32x3 by 5x5 to 28x28x6": .init(forward: "im2col", input: "im2col", weights: "im2col")]),
            "is no convolution"
        ),
        (table, nil),
    ])
    func checkpoints(table: KernelTable, message: String?) throws {
        let builtIn = BuiltInModel(.lenet5)
        var experiment = Experiment(model: .described(builtIn.model(input: builtIn.usualInput, classes: 10)))
        let plan = try Plan(experiment, Plan.Options(experiment, capacity: 1))
        experiment.kernels = table
        let state = TrainingState(layout: plan.layout, optimiser: experiment.optimiser)
        try withTemporaryDirectory { directory in
            let path = try CheckpointStore(directory: directory, keep: 1).write(try state.checkpoint(of: experiment), step: 1)
            let file = try CheckpointFile(path: path)
            guard let message else {
                #expect(try file.decodedExperiment() == experiment)
                return
            }
            let failure = #expect(throws: Failure.self) { try file.decodedExperiment() }
            let text = failure?.description ?? ""
            #expect(failure?.kind == .badData && text.hasPrefix("\(path): kernels") && text.contains(message), "\(text)")
        }
    }
}
