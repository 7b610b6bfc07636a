import Diagnostics
import Foundation
import Kernels
import Testing

@testable import Networks

@Suite struct InitialisationTests {
    /// Mean and deviation of n drawn values: standard errors σ/√n, and at most σ/√n as well.
    @Test(
        arguments: [
            (.uniform, 1 / (3.0 * 150).squareRoot()), (.he, (2.0 / 150).squareRoot()),
            (.glorot, (2.0 / (150 + 25 * 96)).squareRoot()),
            (.normal(deviation: 0.03), 0.03), (.scaledNormal(deviation: 0.5), 0.5 / 150.0.squareRoot()), (.normal(deviation: 0), 0),
        ] as [(Initialisation, Double)])
    func convolutionHasTheDeviationOfItsName(initialisation: Initialisation, deviation: Double) throws {
        let (weights, bias) = try drawn(
            .convolution(.init(channels: 96, kernel: 5, initialisation: initialisation)),
            input: .init(height: 8, width: 8, channels: 6))
        #expect(weights.count == 5 * 5 * 6 * 96)
        check(weights, deviation: deviation, "\(initialisation)")
        #expect(bias.allSatisfy { $0 == 0 } == (initialisation != .uniform), "biases are drawn with uniform weights only")
        if case .normal(deviation: 0) = initialisation { return }
        #expect(Set(weights).count > weights.count * 9 / 10)
        // A uniform distribution ends at √3 deviations, a normal one goes on.
        let isBounded = initialisation == .uniform || initialisation == .glorot
        let largest = weights.reduce(0) { max($0, abs(Double($1))) }
        #expect(isBounded ? largest <= deviation * 3.0.squareRoot() * (1 + 1e-6) : largest > 3 * deviation, "\(largest)")
    }

    @Test(
        arguments: [
            (.he, (2.0 / 300).squareRoot()), (.glorot, (2.0 / 500).squareRoot()), (.uniform, 1 / (3.0 * 300).squareRoot()),
            (.scaledNormal(deviation: 1), 1 / 300.0.squareRoot()),
        ] as [(Initialisation, Double)])
    func linearHasTheDeviationOfItsName(initialisation: Initialisation, deviation: Double) throws {
        let (weights, _) = try drawn(.linear(.init(outputs: 200, initialisation: initialisation)), input: .init(vector: 300))
        #expect(weights.count == 60_000)
        check(weights, deviation: deviation, "\(initialisation)")
    }

    @Test func groupsHaveAFanOfTheirOwn() throws {
        let (weights, _) = try drawn(
            .convolution(.init(channels: 512, kernel: 3, groups: 8, initialisation: .he)),
            input: .init(height: 4, width: 4, channels: 32))
        check(weights, deviation: (2.0 / 36).squareRoot(), "he of 8 groups")
    }

    @Test func constantsAreConstant() throws {
        #expect(
            try drawn(.linear(.init(outputs: 9, initialisation: .zeros)), input: .init(vector: 5)).weights
                == [Float](repeating: 0, count: 45))
        #expect(
            try drawn(.linear(.init(outputs: 9, initialisation: .ones)), input: .init(vector: 5)).weights
                == [Float](repeating: 1, count: 45))
    }

    /// Scales 1, shifts 0, running means 0 and variances 1; behind all parameters, where no optimiser comes.
    @Test func batchNormBeginsAsTheIdentity() throws {
        let model = Model(
            name: "norm", input: .init(height: 3, width: 3, channels: 5), classes: 2,
            layers: [.batchNorm(.init()), .residual(.init(layers: [.batchNorm(.init())])), .flatten, .linear(.init(outputs: 2))])
        let layout = ParameterLayout(try model.resolvedLayers())
        let arena = AlignedFloats(count: layout.arenaCount)
        layout.initialise(arena.base, seed: 1)
        func values(_ name: String) -> [Float]? { layout.tensors.first { $0.name == name }.map { Array(arena.buffer[$0.range]) } }
        for prefix in ["batch-norm1", "residual1.batch-norm1"] {
            #expect(values("\(prefix).weight") == [1, 1, 1, 1, 1] && values("\(prefix).running-variance") == [1, 1, 1, 1, 1])
            #expect(values("\(prefix).bias") == [0, 0, 0, 0, 0] && values("\(prefix).running-mean") == [0, 0, 0, 0, 0])
        }
        #expect(layout.statistics.count == 2 && layout.parameters.allSatisfy { $0.range.upperBound <= layout.trainedCount })
        #expect(layout.statistics.allSatisfy { min($0.mean.offset, $0.variance.offset) >= layout.trainedCount })
        #expect(layout.statistics.map(\.positions) == [9, 9] && layout.arenaCount > layout.trainedCount)
        #expect(layout.tensors.filter(\.isWeight).map(\.name) == ["linear1.weight"])
    }

    @Test(
        arguments: [
            (.uniform, #"["uniform"]"#), (.he, #"["he"]"#), (.glorot, #"["glorot"]"#), (.zeros, #"["zeros"]"#),
            (.ones, #"["ones"]"#),
            (.normal(deviation: 0.25), #"[{"normal":0.25}]"#), (.scaledNormal(deviation: 1), #"[{"scaled-normal":1}]"#),
        ] as [(Initialisation, String)])
    func writtenFormComesBack(initialisation: Initialisation, text: String) throws {
        #expect(String(decoding: try JSONEncoder().encode([initialisation]), as: UTF8.self) == text)
        #expect(try JSONDecoder().decode([Initialisation].self, from: Data(text.utf8)) == [initialisation])
    }

    @Test(arguments: [
        (
            #"["hee"]"#,
            "unknown initialisation 'hee': known are glorot, he, ones, uniform, zeros, normal: DEVIATION, scaled-normal: DEVIATION"
        ),
        (#"["normal"]"#, "unknown initialisation 'normal'"),
        (#"[{"normal": -1}]"#, "found a deviation of -1.0, expected a number of at least 0"),
        (#"[{"norml": 1}]"#, "unknown key 'norml': did you mean 'normal'?"), (#"[{"he": 1}]"#, "unknown key 'he'"),
        (#"[{"normal": "wide"}]"#, "expected a number"), (#"[{"normal": 1, "scaled-normal": 2}]"#, "one name with its deviation"),
        (#"[{}]"#, "one name with its deviation"),
    ])
    func faultsSayWhatIsMeant(text: String, message: String) {
        let fault = #expect(throws: DecodingError.self) { try JSONDecoder().decode([Initialisation].self, from: Data(text.utf8)) }
        #expect(fault?.explanation.contains(message) == true, "\"\(message)\" is not in: \(fault?.explanation ?? "")")
    }

    private func check(_ values: [Float], deviation: Double, _ what: String) {
        let count = Double(values.count)
        let mean = values.reduce(0) { $0 + Double($1) } / count
        let found = (values.reduce(0) { $0 + Double($1) * Double($1) } / count).squareRoot()
        let error = 6 * deviation / count.squareRoot()
        #expect(
            abs(mean) <= error && abs(found - deviation) <= error + 1e-9,
            "\(what): mean \(mean), deviation \(found) for \(deviation)")
    }

    /// The initial weights and biases of one layer.
    private func drawn(_ layer: LayerDescription, input: TensorShape) throws -> (weights: [Float], bias: [Float]) {
        let model = Model(name: "drawn", input: input, classes: 2, layers: [layer, .flatten, .linear(.init(outputs: 2))])
        let layout = ParameterLayout(try model.resolvedLayers())
        let arena = AlignedFloats(count: layout.arenaCount)
        layout.initialise(arena.base, seed: 3)
        let tensors = layout.parameters.prefix(2).map { Array(arena.buffer[$0.range]) }
        return (tensors[0], tensors[1])
    }
}
