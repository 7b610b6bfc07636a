import Kernels
import Testing

/// Products that take long look after what goes on beside them, more than once in a call; otherwise messages would stand still meanwhile.
@Suite struct MeanwhileTests {
    private static let shape = ConvolutionShape(
        height: 8, width: 8, inputChannels: 128, kernelHeight: 3, kernelWidth: 3, outputChannels: 64, padding: 1)
    private static let algorithms: [any ConvolutionAlgorithm] =
        [Im2colConvolution(shape)]
        + [DirectConvolution(shape) as (any ConvolutionAlgorithm)?, Winograd.convolution(shape)].compactMap(\.self)
    /// A fully connected layer is one block of rows, and long all the same.
    private static let linear = DirectConvolution(ConvolutionShape(inputs: 1_024, outputs: 512))

    @Test func longProducts() throws {
        #expect(Self.algorithms.count == 3)
        for algorithm in Self.algorithms + [try #require(Self.linear)] {
            let calls = calls(of: algorithm, images: 64)
            #expect(calls.allSatisfy { $0 > 2 }, "\(type(of: algorithm).name) of \(algorithm.shape): \(calls)")
        }
    }

    /// Of forward, backward to the weights and backward to the input.
    private func calls(of algorithm: any ConvolutionAlgorithm, images: Int) -> [Int] {
        let shape = algorithm.shape
        func floats(_ count: Int) -> AlignedFloats { AlignedFloats(count: max(1, count)) }
        let (input, output) = (floats(images * shape.inputCount), floats(images * shape.outputCount))
        let (weights, scratch) = (floats(shape.weightCount), floats(algorithm.scratchCount))
        let prepared = [algorithm.forwardCount, algorithm.backwardCount].map { $0 > 0 ? floats($0) : weights }
        var calls = [0, 0, 0]
        algorithm.forward(
            images: images, input: input.base, prepared: prepared[0].base, bias: nil, output: output.base, scratch: scratch.base
        ) { calls[0] += 1 }
        algorithm.backwardWeights(
            images: images, input: input.base, outputGradient: output.base, weightGradient: weights.base, biasGradient: nil,
            scratch: scratch.base
        ) { calls[1] += 1 }
        algorithm.backwardInput(
            images: images, outputGradient: output.base, prepared: prepared[1].base, inputGradient: input.base,
            scratch: scratch.base
        ) { calls[2] += 1 }
        return calls
    }
}
