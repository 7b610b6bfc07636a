import Testing

import Kernels
import TestSupport

/// `SampleBlockedConvolution` against the plain loops of `ReferenceConvolution`; tolerances are those of all algorithms that add up products.
extension ConvolutionTests {
    /// Samples around the lanes of a vector.
    private static let samples = [1, SampleBlocks.lanes - 1, SampleBlocks.lanes, SampleBlocks.lanes + 1]

    @Test func samplesAgreeWithPlainLoopsOverDrawnShapes() {
        let cases = ConvolutionCase.drawn(500, most: (inputs: 8, outputs: 14)).filter { $0.shape.groups == 1 }.enumerated().map {
            ConvolutionCase(shape: $1.shape, images: Self.samples[$0 % Self.samples.count], stream: $1.stream)
        }
        #expect(Set(cases.map(\.shape.stride)).count == 3 && Set(cases.map(\.shape.dilation)).count == 3)
        #expect(Set(cases.map(\.shape.paddingTop)).count == 4 && Set(cases.map(\.shape.paddingLeft)).count == 4)
        #expect(checkAll(cases, with: .samples) == cases.count && cases.count > 150, "\(cases.count) cases")
    }

    /// Channels around one and two whole tiles, in both places: they are tiled as outputs forward, and as inputs backward.
    @Test func samplesAgreeWithPlainLoopsAroundTheEdgesOfTiles() {
        let edges = [1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 18, 19]
        let cases = edges.flatMap { inputs in
            edges.map { outputs in
                ConvolutionCase(
                    shape: .init(
                        height: 5, width: 1 + (inputs + outputs) % 11, inputChannels: inputs, kernelHeight: 3, kernelWidth: 3,
                        outputChannels: outputs, padding: 1), images: Self.samples[(inputs * 5 + outputs) % Self.samples.count],
                    stream: 2_000 + 100 * inputs + outputs)
            }
        }
        #expect(checkAll(cases, with: .samples) == 144)
    }

    /// Layers of real networks, in groups of rows that do not divide them.
    @Test func samplesAgreeWithPlainLoopsOverChosenShapes() {
        let cases = ConvolutionCase.chosen.filter { SampleBlockedConvolution($0.shape) != nil }
        #expect(checkAll(cases, with: .samples) == cases.count && cases.count == 8, "\(cases.count) cases")
    }

    @Test func samplesTakeNoGroups() {
        #expect(ConvolutionCase.drawn(100).allSatisfy { (SampleBlockedConvolution($0.shape) == nil) == ($0.shape.groups > 1) })
    }
}
