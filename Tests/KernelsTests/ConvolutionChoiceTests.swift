import Kernels
import Testing

/// The table picks what it says, and the reference everywhere where that is asked for.
@Suite struct ConvolutionChoiceTests {
    private func names(_ choice: ConvolutionChoice) -> [String] {
        [choice.forward, choice.backwardInput, choice.backwardWeights].map { type(of: $0).name }
    }

    private func square(_ size: Int, _ inputs: Int, _ outputs: Int, kernel: Int = 3, stride: Int = 1, groups: Int = 1)
        -> ConvolutionShape
    {
        ConvolutionShape(
            height: size, width: size, inputChannels: inputs, kernelHeight: kernel, kernelWidth: kernel, outputChannels: outputs,
            stride: stride, padding: kernel / 2, groups: groups)
    }

    @Test func theReferenceEverywhere() {
        for example in ConvolutionCase.drawn(100) + ConvolutionCase.chosen {
            let reference = example.shape.isLinear && example.shape.groups == 1 ? "pointwise" : "im2col"
            let names = names(ConvolutionChoice(example.shape, policy: .im2col))
            #expect(names == Array(repeating: reference, count: 3), "\(example)")
        }
    }

    @Test func fullyConnectedLayers() {
        #expect(names(ConvolutionChoice(ConvolutionShape(inputs: 400, outputs: 120))) == ["direct", "direct", "direct"])
        #expect(names(ConvolutionChoice(ConvolutionShape(inputs: 784, outputs: 512))) == ["direct", "direct", "pointwise"])
    }

    @Test func theTable() {
        let expected: [(ConvolutionShape, [String])] = [
            (square(32, 3, 16), ["direct", "direct", "direct"]),
            (square(32, 16, 16), ["winograd", "winograd", "winograd"]),
            (square(32, 16, 32, stride: 2), ["direct", "direct", "direct"]),
            (square(32, 64, 128, stride: 2), ["direct", "direct", SampleBlocks.lanes == 16 ? "direct" : "im2col"]),
            (square(8, 256, 512, stride: 2), ["direct", "direct", "im2col"]),
            (square(2, 512, 512), ["dense", "dense", "dense"]),
            (square(12, 8, 32), ["direct", "direct", "direct"]),
            (square(14, 32, 64, kernel: 5), ["winograd", "winograd", "winograd"]),
            (square(12, 8, 32, kernel: 5), ["winograd", "winograd", "winograd"]),
            (square(12, 12, 32, kernel: 5), ["direct", "direct", "direct"]),
            (square(14, 32, 64, kernel: 5, stride: 2), ["direct", "direct", "direct"]),
            (square(3, 64, 64, kernel: 5), ["winograd", "winograd", "winograd"]),
            (square(2, 64, 64, kernel: 5), ["dense", "dense", "dense"]),
            (square(28, 1, 6), ["direct", "direct", "direct"]),
            (square(8, 16, 16, groups: 16), ["depthwise", "depthwise", "depthwise"]),
            (square(8, 16, 16, groups: 2), ["im2col", "im2col", "im2col"]),
        ]
        for (shape, algorithms) in expected { #expect(names(ConvolutionChoice(shape)) == algorithms, "\(shape)") }
    }
}
