import Kernels
import TestSupport
import Testing

@testable import Networks

@Suite struct ParameterLayoutTests {
    private let layout: ParameterLayout

    init() throws {
        let model = BuiltInModel(.lenet5).model(input: TensorShape(height: 32, width: 32, channels: 3), classes: 10)
        layout = ParameterLayout(try model.resolvedLayers())
    }

    @Test func namesAndShapesFollowTheModel() {
        #expect(
            layout.parameters.map { "\($0.name) \($0.shape)" } == [
                "convolution1.weight [5, 5, 3, 6]", "convolution1.bias [6]", "convolution2.weight [5, 5, 6, 16]",
                "convolution2.bias [16]",
                "linear1.weight [400, 120]", "linear1.bias [120]", "linear2.weight [120, 84]", "linear2.bias [84]",
                "linear3.weight [84, 10]", "linear3.bias [10]",
            ])
        #expect(layout.parameterCount == 62_006)
    }

    /// The order in which backward finishes them, so that what is finished is one range that grows.
    @Test func lastLayerComesFirst() {
        let placed = layout.parameters.sorted { $0.offset < $1.offset }.map { $0.name.prefix { $0 != "." } }
        let layers = placed.reduce(into: [Substring]()) { if $0.last != $1 { $0.append($1) } }
        #expect(layers == ["linear3", "linear2", "linear1", "convolution2", "convolution1"])
        #expect(layout.parameters.map(\.offset).min() == 0)
    }

    @Test func tensorsAreAlignedAndApart() {
        let lane = AlignedFloats.alignment / MemoryLayout<Float>.stride
        var end = 0
        for parameter in layout.parameters.sorted(by: { $0.offset < $1.offset }) {
            #expect(parameter.offset % lane == 0, "\(parameter.name)")
            #expect(parameter.offset >= end && parameter.offset - end < lane, "\(parameter.name) begins at \(parameter.offset)")
            end = parameter.range.upperBound
        }
        #expect(layout.arenaCount == AlignedFloats.rounded(end))
    }

    @Test func initialValuesAreAFunctionOfTheSeed() {
        let first = initialValues(seed: 1)
        #expect(initialValues(seed: 1) == first)
        for seed in [2, 1 << 32 | 1] as [UInt64] {
            let other = initialValues(seed: seed)
            for parameter in layout.parameters where parameter.shape.count > 1 {
                let same = parameter.range.filter { first[$0] == other[$0] }.count
                #expect(same <= 1, "\(same) values of \(parameter.name) are the same for seed \(seed)")
            }
        }
    }

    /// Uniform within ±b = ±1/√fan-in: mean 0, deviation b/√3; the standard error of a mean of n is σ/√n, that of a deviation below σ/√n.
    @Test func valuesAreUniformWithinTheInverseRootOfFanIn() throws {
        let values = initialValues(seed: 3)
        let weights = layout.parameters.filter { $0.shape.count > 1 }
        #expect(weights.count == 5)
        for weight in weights {
            let bound = 1 / Double(weight.shape.dropLast().reduce(1, *)).squareRoot()
            let bias = try #require(layout.parameters.first { $0.name == weight.name.replacing("weight", with: "bias") })
            for parameter in [weight, bias] {
                let tensor = values[parameter.range].map(Double.init)
                let count = Double(tensor.count)
                let expected = bound / 3.0.squareRoot()
                let mean = tensor.reduce(0, +) / count
                let deviation = (tensor.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
                #expect(tensor.allSatisfy { abs($0) <= bound * (1 + 1e-6) }, "\(parameter.name) leaves ±\(bound)")
                #expect(abs(mean) < 6 * expected / count.squareRoot(), "\(parameter.name): mean \(mean)")
                #expect(abs(deviation - expected) < 6 * expected / count.squareRoot(), "\(parameter.name): deviation \(deviation)")
                #expect(Set(tensor).count > tensor.count * 9 / 10, "\(parameter.name) repeats values")
            }
        }
    }

    @Test func whatLiesBetweenTensorsIsZero() throws {
        let values = initialValues(seed: 4)
        let held = layout.parameters.reduce(into: Set<Int>()) { $0.formUnion($1.range) }
        #expect(values.indices.allSatisfy { held.contains($0) || values[$0] == 0 })
        let model = BuiltInModel(.lenet5).model(input: TensorShape(height: 32, width: 32, channels: 3), classes: 10)
        let run = try NetworkRun(model, samples: 2)
        run.run(.training(seed: 1, step: 1))
        #expect(run.gradients.buffer.indices.allSatisfy { held.contains($0) || run.gradients.buffer[$0] == 0 }, "and stays zero")
    }

    private func initialValues(seed: UInt64) -> [Float] {
        let arena = AlignedFloats(count: layout.arenaCount)
        for i in 0..<arena.count { arena.base[i] = .nan }
        layout.initialise(arena.base, seed: seed)
        return Array(arena.buffer)
    }
}
