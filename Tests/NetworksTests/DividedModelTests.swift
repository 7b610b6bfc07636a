import Kernels
import TestSupport
import Testing

@testable import Networks

/// A model whose linear layers are cut into parts computes what the whole model does.
@Suite struct DividedModelTests {
    /// Dropout in front of, between and behind linear layers of 13 and 7 neurons.
    private static let model = Model(
        name: "divided", input: TensorShape(height: 9, width: 9, channels: 2), classes: 7,
        layers: [
            .convolution(.init(channels: 3, kernel: 3)), .relu, .maxPool(.init(size: 2)), .flatten, .dropout(.init(rate: 0.2)),
            .linear(.init(outputs: 13)), .relu, .dropout(.init(rate: 0.5)), .linear(.init(outputs: 7)),
        ])
    private static let mode = Plan.Mode.training(seed: 3, step: 5)

    @Test(arguments: [1, 2, 3, 7]) func partsTogetherAreTheWhole(parts: Int) throws {
        let whole = try NetworkRun(Self.model, samples: 11)
        let expected = whole.run(Self.mode)
        let found = try DividedRun(whole, parts: parts, mode: Self.mode)
        // A sum of n terms in another order: n·u of its terms' sum, which four times the tensor's largest value bounds here; the longest
        // has the 27 + 27 + 13 terms of a way through three layers, or the 11 samples of 49 pixels of the convolution's gradient.
        let unit = 4 * 11 * 49 * Agreement.roundoff
        var agreement = Agreement()
        func compare(_ found: [Float], _ expected: [Float], _ name: String) {
            let largest = Double(expected.map(\.magnitude).max() ?? 0)
            agreement.compare(found, expected, tolerances: expected.map { _ in unit * largest }, name)
        }
        compare(found.logits, expected.logits, "logits")
        for parameter in whole.plan.layout.parameters {
            compare(Array(found.gradients.buffer[parameter.range]), whole.gradient(of: parameter), parameter.name)
        }
        #expect(agreement.holds, "\(agreement)")
        #expect(found.figures.correct == expected.figures.correct && found.figures.samples == 11)
    }

    /// Every part's tensors begin at the same places, and all that is cut out comes back.
    @Test func slicesCoverTheModel() throws {
        let run = try NetworkRun(Self.model, samples: 1)
        for parts in 1...7 {
            let divided = try DividedModel(Self.model, parts: parts)
            #expect(divided.layout == run.plan.layout)
            let layouts = (0..<parts).map(divided.layout(ofPart:))
            #expect(Set(layouts.map { $0.tensors.map(\.offset) }).count == 1 && Set(layouts.map(\.arenaCount)).count == 1)
            let back = AlignedFloats(count: divided.layout.arenaCount)
            for part in 0..<parts {
                let own = AlignedFloats(count: layouts[part].arenaCount)
                for slice in divided.slices(ofPart: part) {
                    slice.cut(from: run.parameters.base, to: own.base)
                    slice.put(own.base + slice.own.offset, into: back.base)
                    #expect(slice.isShared == (parts == 1 || slice.own.name.hasPrefix("convolution")))
                    #expect(slice.isShared == (slice.own.offset >= divided.linearFloats) || parts == 1)
                }
            }
            #expect(Array(back.buffer) == Array(run.parameters.buffer))
        }
    }
}

/// All parts of a divided model, one after another, with plain loops for what ranks exchange. The samples of the linear layers stand in
/// reverse, as a pass may give them: draws hang on a sample's place, not on its row.
private struct DividedRun {
    let logits: [Float]
    let figures: Figures
    /// As of the whole model.
    let gradients: AlignedFloats

    init(_ run: NetworkRun, parts: Int, mode: Plan.Mode) throws {
        var total = Figures()
        let model = run.plan.model
        let divided = try DividedModel(model, parts: parts)
        let samples = run.samples
        let options = Plan.Options(capacity: samples)
        let layouts = (0..<parts).map(divided.layout(ofPart:))
        let own = layouts.map { (parameters: AlignedFloats(count: $0.arenaCount), gradients: AlignedFloats(count: $0.arenaCount)) }
        for part in 0..<parts {
            for slice in divided.slices(ofPart: part) { slice.cut(from: run.parameters.base, to: own[part].parameters.base) }
        }
        let firstLabel = try #require(UnsafePointer(run.labels.baseAddress))
        let images = MicroBatch(images: run.images.base, labels: firstLabel, count: samples, firstSample: 0)
        let front = Plan(of: divided.frontPart(in: layouts[0]), options)
        front.prepare(parameters: own[0].parameters.base)
        front.forward(images, parameters: own[0].parameters.base, mode: mode, figures: &total)

        let places = (0..<samples).reversed().map(Int32.init)
        func reversed(_ rows: UnsafePointer<Float>, _ width: Int) -> [Float] {
            places.flatMap { Array(UnsafeBufferPointer(start: rows + Int($0) * width, count: width)) }
        }
        let plans = (0..<divided.linearCount).map { layer in
            (0..<parts).map { Plan(of: divided.linearPart(layer, part: $0, in: layouts[$0]), options) }
        }
        func batch(_ inputs: UnsafePointer<Float>, _ body: (MicroBatch) -> Void) {
            places.withUnsafeBufferPointer {
                body(MicroBatch(images: inputs, labels: firstLabel, count: samples, firstSample: 0, places: $0.baseAddress))
            }
        }
        var inputs = [reversed(front.outputValues, divided.width(0))]
        for layer in 0..<divided.linearCount {
            let width = divided.width(layer + 1)
            var outputs = [Float](repeating: 0, count: samples * width)
            for (part, plan) in plans[layer].enumerated() {
                plan.prepare(parameters: own[part].parameters.base)
                inputs[layer].withUnsafeBufferPointer { values in
                    guard let base = values.baseAddress else { return }
                    batch(base) { plan.forward($0, parameters: own[part].parameters.base, mode: mode, figures: &total) }
                }
                let neurons = divided.neurons(ofLayer: layer, part: part)
                for (place, neuron) in (0..<samples).flatMap({ row in neurons.map { row * width + $0 } }).enumerated() {
                    outputs[neuron] = plan.outputValues[place]
                }
            }
            inputs.append(outputs)
        }
        logits = inputs[divided.linearCount].withUnsafeBufferPointer { $0.baseAddress.map { reversed($0, model.classes) } ?? [] }

        var gradient = [Float](repeating: 0, count: samples * model.classes)
        for (row, place) in places.enumerated() {
            gradient.withUnsafeMutableBufferPointer { gradient in
                inputs[divided.linearCount].withUnsafeBufferPointer { logits in
                    guard let logits = logits.baseAddress, let gradient = gradient.baseAddress else { return }
                    run.plan.loss?.score(
                        classes: model.classes, outputs: logits + row * model.classes, label: Int(firstLabel[Int(place)]),
                        gradient: gradient + row * model.classes, figures: &total)
                }
            }
        }
        for layer in (0..<divided.linearCount).reversed() {
            var sum = [Float](repeating: 0, count: samples * divided.width(layer))
            for (part, plan) in plans[layer].enumerated() {
                let neurons = divided.neurons(ofLayer: layer, part: part)
                let width = divided.width(layer + 1)
                for (place, neuron) in (0..<samples).flatMap({ row in neurons.map { row * width + $0 } }).enumerated() {
                    plan.outputGradients[place] = gradient[neuron]
                }
                inputs[layer].withUnsafeBufferPointer { values in
                    guard let base = values.baseAddress else { return }
                    batch(base) {
                        plan.backward($0, parameters: own[part].parameters.base, gradients: own[part].gradients.base, mode: mode)
                    }
                }
                for i in sum.indices { sum[i] += plan.inputGradients[i] }
            }
            gradient = sum
        }
        gradient.withUnsafeBufferPointer { rows in
            guard let base = rows.baseAddress else { return }
            for (i, value) in reversed(base, divided.width(0)).enumerated() { front.outputGradients[i] = value }
        }
        front.backward(images, parameters: own[0].parameters.base, gradients: own[0].gradients.base, mode: mode)
        figures = total
        gradients = AlignedFloats(count: divided.layout.arenaCount)
        for part in (0..<parts).reversed() {
            // The front's gradients are part 0's, which comes last.
            for slice in divided.slices(ofPart: part) {
                slice.put(own[part].gradients.base + slice.own.offset, into: gradients.base)
            }
        }
    }
}
