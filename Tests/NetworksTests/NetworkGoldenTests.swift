import Kernels
import TestSupport
import Testing

@testable import Networks

/// Every kind of layer, block and loss, and every built-in model, against PyTorch 2.13, element by element: a training pass, all
/// gradients, the step of the running statistics and evaluation by them. `Golden/make_networks.py` and `make_large_networks.py` say what
/// is stored and how it was made.
@Suite struct NetworkGoldenTests {
    @Test func everyNetworkIsThatOfPyTorch() throws {
        let records = try NetworkRecord.all(of: "networks")
        #expect(records.count == 32)
        let layers = try records.flatMap { try $0.model.resolvedLayers().flatMap(\.flattened) }
        #expect(Set(layers.map(\.description.kind)).count == LayerDescription.Key.allCases.count)
        for record in records {
            let agreement = try compare(record)
            #expect(agreement.holds, "\(record.name): \(agreement)")
        }
    }

    /// What has gone through up to fifty layers is off by what PyTorch's float32 is off by, not by what a bound for each layer would say:
    /// tests allow four times its deviation, more where `amplification` says so, and a few roundings where that happens to be small.
    @Test(arguments: [
        "linear", "mlp-512", "simple-cnn", "alexnet32", "vgg11", "resnet18", "resnet32", "resnet56", "cnn200", "resnet-3443",
    ])
    func largeModelsAreThoseOfPyTorch(name: String) throws {
        let record = try #require(NetworkRecord.all(of: "large-networks").first { $0.name == name })
        let agreement = try compare(record)
        #expect(agreement.holds, "\(name): \(agreement)")
        #expect(record.parameters.allSatisfy { $0.squares != nil && $0.deviation != nil })
    }

    private func compare(_ record: NetworkRecord) throws -> Agreement {
        let run = try NetworkRun(record.model, loss: record.loss, samples: record.batch, imageStream: record.stream)
        let relative = record.deviations == nil ? try run.roundingError() : 2 * Agreement.roundoff
        let sensitivity =
            record.sensitivity?.times(Self.amplification(of: run.plan))
            ?? run.sensitivity(.training(seed: 0, step: 0), relative: relative)
        var agreement = Agreement()
        var expected = record.values[...]
        func next(_ count: Int) -> [Float] {
            defer { expected = expected.dropFirst(count) }
            return Array(expected.prefix(count))
        }
        /// A sample's loss moves with its outputs: by twice their error, or by twice their distance from the target as often.
        func compareLoss(_ outcome: NetworkRun.Outcome, _ value: Double, sensitivity: Double, _ what: String) {
            let largest = outcome.logits.map { Double(abs($0)) }.max() ?? 0
            let slope = record.loss == .euclidean ? 2 * (largest + 1) : 2
            agreement.compare(
                outcome.figures.loss.value, value,
                tolerance: slope * (4 * relative * largest + 4 * sensitivity) * Double(record.batch), what)
        }

        let training = run.run(.training(seed: 0, step: 0))
        agreement.compare(
            training.logits, next(training.logits.count), relative: relative, sensitivity: sensitivity.training, "outputs")
        compareLoss(training, record.training, sensitivity: sensitivity.training, "summed loss")

        #expect(run.plan.layout.parameters.map(\.name) == record.parameters.map(\.name))
        for (ordinal, (parameter, golden)) in zip(run.plan.layout.parameters, record.parameters).enumerated() {
            let gradient = run.gradient(of: parameter)
            let moved = sensitivity.gradients[ordinal]
            let sampled = stride(from: 0, to: gradient.count, by: NetworkRecord.stride(of: gradient.count)).map { gradient[$0] }
            agreement.compare(sampled, next(sampled.count), relative: relative, sensitivity: moved, parameter.name)
            let (found, tolerance) = Self.projection(of: gradient, relative: relative, sensitivity: moved)
            agreement.compare(found, golden.projection, tolerance: tolerance, "projection of \(parameter.name)")
            if let squares = golden.squares {
                // Errors may all have the sign of their value.
                let magnitudes = gradient.reduce(0) { $0 + abs(Double($1)) }
                let found = gradient.reduce(0) { $0 + Double($1) * Double($1) }
                agreement.compare(
                    found, squares, tolerance: 8 * relative * squares + 8 * moved * magnitudes, "squares of \(parameter.name)")
            }
        }

        run.updateStatistics()
        #expect(run.plan.layout.statistics.map(\.mean.name) == record.statistics.map { $0 + ".running-mean" })
        for (ordinal, layer) in run.plan.layout.statistics.enumerated() {
            // A mean is rounded like the values that it is of, which are as large as their deviation, however small it is itself.
            let (mean, variance) = (next(layer.mean.count), next(layer.mean.count))
            let deviation = rootMeanSquare(variance.map { $0.squareRoot() })
            let moved = record.deviations.map { ($0.statistics[2 * ordinal], $0.statistics[2 * ordinal + 1]) } ?? (0, 0)
            agreement.compare(
                run.value(of: layer.mean), mean, relative: relative, sensitivity: 2 * relative * deviation + moved.0,
                layer.mean.name)
            agreement.compare(
                run.value(of: layer.variance), variance, relative: 2 * relative, sensitivity: moved.1, layer.variance.name)
        }
        let evaluation = run.run(.evaluation)
        agreement.compare(
            evaluation.logits, next(evaluation.logits.count), relative: relative, sensitivity: sensitivity.evaluation,
            "outputs in evaluation")
        compareLoss(evaluation, record.evaluation, sensitivity: sensitivity.evaluation, "summed loss in evaluation")
        #expect(expected.isEmpty, "\(expected.count) golden values are left")
        return agreement
    }

    /// How many times PyTorch's deviation, whose sums are direct, stands for ours. A Winograd convolution's rounding error is α/r² times a
    /// direct sum's (`WinogradConvolution`): the four times of F(4×4, 3×3), 23.6/9, are (148.8/25) / (23.6/9) as many of F(4×4, 5×5).
    private static func amplification(of plan: Plan) -> Double {
        let hasLargeKernels = plan.convolutions.contains {
            type(of: $0.kernels.forward).name == Winograd.name && $0.kernels.forward.shape.kernelHeight == 5
        }
        return hasLargeKernels ? (148.8 / 25) / (23.6 / 9) : 1
    }

    /// The sum of a gradient's values times hashed numbers, and what it may be off by. These numbers know nothing of the values' errors: their
    /// products are a random walk, whichever way the errors point.
    private static func projection(of gradient: [Float], relative: Double, sensitivity: Double) -> (Double, tolerance: Double) {
        let weights = hashedFloats(gradient.count, stream: NetworkRecord.projectionStream)
        let typical = rootMeanSquare(gradient)
        var (sum, squares) = (0.0, 0.0)
        for (value, weight) in zip(gradient, weights) {
            let error = (4 * relative * (Double(abs(value)) + typical) + 4 * sensitivity) * Double(weight)
            sum += Double(value) * Double(weight)
            squares += error * error
        }
        return (sum, squares.squareRoot())
    }

    /// What golden values were made with is what the name stands for, but for dropout.
    @Test func builtInModelsAreTheBuiltInOnes() throws {
        let records = try ["networks", "large-networks"].flatMap { try NetworkRecord.all(of: $0) }
            .filter { BuiltInModel.Name(rawValue: $0.name) != nil }
        #expect(records.count == 22)
        #expect(Set(records.map(\.name)) == Set(BuiltInModel.Name.allCases.map(\.rawValue)))
        for record in records {
            var builtIn = try BuiltInModel(named: record.name)
            if record.name == "simple-cnn", record.deviations == nil { builtIn.options.width = 0.5 }
            var model = builtIn.model(input: record.model.input, classes: record.model.classes)
            model.layers = model.layers.map { if case .dropout = $0 { .dropout(.init(rate: 0)) } else { $0 } }
            #expect(model == record.model, "\(record.name)")
        }
    }
}
