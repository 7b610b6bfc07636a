import Foundation
import TestSupport
import Testing

@testable import Networks

/// Whole networks against PyTorch 2.13, element by element. `Golden/make_golden.py` says what is stored and how it was made.
@Suite struct GoldenTests {
    @Test(arguments: ["lenet5-32x32x3", "lenet5-28x28x1", "strided", "depthwise"])
    func forwardAndBackwardAreThoseOfPyTorch(name: String) throws {
        let golden = try GoldenRecord(named: name)
        let run = try NetworkRun(golden.model, samples: golden.batch)
        let outcome = run.run(.training(seed: 0, step: 0))
        let relative = try run.roundingError()
        var agreement = Agreement()
        var expected = golden.values[...]
        func next(_ count: Int) -> [Float] {
            defer { expected = expected.dropFirst(count) }
            return Array(expected.prefix(count))
        }
        agreement.compare(outcome.logits, next(golden.batch * golden.model.classes), relative: relative, "logits")
        agreement.compare(outcome.figures.loss.value, golden.loss, tolerance: 4 * relative * golden.loss, "summed loss")
        #expect(outcome.figures.samples == golden.batch && outcome.figures.nonFinite == 0)
        #expect(golden.projections.count == run.plan.layout.parameters.count)
        for (parameter, projection) in zip(run.plan.layout.parameters, golden.projections) {
            let gradient = run.gradient(of: parameter)
            let sampled =
                parameter.count > GoldenRecord.largest
                ? stride(from: 0, to: parameter.count, by: GoldenRecord.stride).map { gradient[$0] } : gradient
            agreement.compare(sampled, next(sampled.count), relative: relative, parameter.name)
            // Errors of single values may all point one way: their sum of magnitudes bounds what they do to the projection.
            let weights = hashedFloats(parameter.count, stream: GoldenRecord.projectionStream)
            let found = zip(gradient, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
            let magnitude = zip(gradient, weights).reduce(0) { $0 + abs(Double($1.0) * Double($1.1)) }
            agreement.compare(found, projection, tolerance: 4 * relative * magnitude, "projection of \(parameter.name)")
        }
        #expect(expected.isEmpty, "\(expected.count) golden values are left")
        #expect(agreement.holds, "\(agreement)")
    }

    /// The built-in model and the one that the golden values were made with are the same but for dropout.
    @Test(arguments: ["lenet5-32x32x3", "lenet5-28x28x1"]) func lenet5IsTheBuiltInModel(name: String) throws {
        let golden = try GoldenRecord(named: name).model
        var builtIn = BuiltInModel(.lenet5).model(input: golden.input, classes: golden.classes)
        builtIn.layers = builtIn.layers.map { if case .dropout = $0 { .dropout(.init(rate: 0)) } else { $0 } }
        #expect(builtIn == golden)
    }
}

/// What `make_golden.py` has written for one network.
struct GoldenRecord: Decodable {
    static let stride = 11
    static let largest = 16_384
    static let projectionStream = 900

    enum CodingKeys: String, CodingKey { case model, batch, loss, projections }
    let model: Model
    let batch: Int
    let loss: Double
    let projections: [Double]
    /// Logits, then the gradients.
    private(set) var values: [Float] = []

    init(named name: String) throws {
        let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: directory.appendingPathComponent(name + ".json")))
        let bytes = try Data(contentsOf: directory.appendingPathComponent(name + ".bin"))
        values = bytes.withUnsafeBytes { raw in
            (0..<bytes.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        model = try container.decode(Model.self, forKey: .model)
        batch = try container.decode(Int.self, forKey: .batch)
        loss = try container.decode(Double.self, forKey: .loss)
        projections = try container.decode([Double].self, forKey: .projections)
    }
}
