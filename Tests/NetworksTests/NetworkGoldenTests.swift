import TestSupport
import Testing

@testable import Networks

/// Every kind of layer, block and loss, and the small built-in models, against PyTorch 2.13, element by element: a training pass, all
/// gradients, the step of the running statistics and evaluation by them. `Golden/make_networks.py` says what is stored and how it was made.
@Suite struct NetworkGoldenTests {
    @Test func everyNetworkIsThatOfPyTorch() throws {
        let records = try NetworkRecord.all()
        #expect(records.count == 32)
        let layers = try records.flatMap { try $0.model.resolvedLayers().flatMap(\.flattened) }
        #expect(Set(layers.map(\.description.kind)).count == LayerDescription.Key.allCases.count)
        for record in records {
            let agreement = try compare(record)
            #expect(agreement.holds, "\(record.name): \(agreement)")
        }
    }

    private func compare(_ record: NetworkRecord) throws -> Agreement {
        let run = try NetworkRun(record.model, loss: record.loss, samples: record.batch, imageStream: record.stream)
        let relative = try run.roundingError()
        let sensitivity = run.sensitivity(.training(seed: 0, step: 0), relative: relative)
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
            // Errors of single values may all point one way: their sum of magnitudes bounds what they do to the projection.
            let weights = hashedFloats(gradient.count, stream: NetworkRecord.projectionStream)
            let found = zip(gradient, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
            let error = zip(gradient, weights).reduce(0) {
                $0 + (4 * relative * abs(Double($1.0)) + 4 * moved) * abs(Double($1.1))
            }
            agreement.compare(found, golden.projection, tolerance: error, "projection of \(parameter.name)")
        }

        run.updateStatistics()
        #expect(run.plan.layout.statistics.map(\.mean.name) == record.statistics.map { $0 + ".running-mean" })
        for layer in run.plan.layout.statistics {
            // A mean is rounded like the values that it is of, which are as large as their deviation, however small it is itself.
            let (mean, variance) = (next(layer.mean.count), next(layer.mean.count))
            let deviation = rootMeanSquare(variance.map { $0.squareRoot() })
            agreement.compare(
                run.value(of: layer.mean), mean, relative: relative, sensitivity: 2 * relative * deviation, layer.mean.name)
            agreement.compare(run.value(of: layer.variance), variance, relative: 2 * relative, layer.variance.name)
        }
        let evaluation = run.run(.evaluation)
        agreement.compare(
            evaluation.logits, next(evaluation.logits.count), relative: relative, sensitivity: sensitivity.evaluation,
            "outputs in evaluation")
        compareLoss(evaluation, record.evaluation, sensitivity: sensitivity.evaluation, "summed loss in evaluation")
        #expect(expected.isEmpty, "\(expected.count) golden values are left")
        return agreement
    }

    /// What golden values were made with is what the name stands for, but for dropout.
    @Test func builtInModelsAreTheBuiltInOnes() throws {
        let records = try NetworkRecord.all().filter { BuiltInModel.Name(rawValue: $0.name) != nil }
        #expect(records.count == 12)
        for record in records {
            var builtIn = try BuiltInModel(named: record.name)
            if record.name == "simple-cnn" { builtIn.options.width = 0.5 }
            var model = builtIn.model(input: record.model.input, classes: record.model.classes)
            model.layers = model.layers.map { if case .dropout = $0 { .dropout(.init(rate: 0)) } else { $0 } }
            #expect(model == record.model, "\(record.name)")
        }
    }
}
