import Kernels
import Random

/// The weights as an algorithm lays them out for one direction, with its scratch, and the activations in its layout.
public struct Prepared {
    /// Nil where the weights are taken as they stand.
    private let layOut: (() -> Void)?
    let scratch: AlignedFloats
    let input: AlignedFloats
    let outputGradient: AlignedFloats
    /// Nil where the weights are taken as they stand.
    let weights: AlignedFloats?

    public init(_ algorithm: any ConvolutionAlgorithm, _ direction: ConvolutionDirection, _ operands: ConvolutionOperands) {
        scratch = AlignedFloats(count: algorithm.scratchCount)
        input = algorithm.layout.laidOut(operands.input, samples: operands.images)
        outputGradient = algorithm.layout.laidOut(operands.outputGradient, samples: operands.images)
        let count =
            switch direction {
            case .forward: algorithm.forwardCount
            case .input: algorithm.backwardCount
            case .weights: 0
            }
        guard count > 0 else {
            (self.weights, layOut) = (nil, nil)
            return
        }
        let prepared = AlignedFloats(count: count)
        self.weights = prepared
        let layOut = { [operands] in
            let weights = operands.weights.base
            if direction == .forward {
                algorithm.prepareForward(weights: weights, into: prepared.base)
            } else {
                algorithm.prepareBackward(weights: weights, into: prepared.base)
            }
        }
        layOut()
        self.layOut = layOut
    }

    /// Lays the weights out once more; what that takes.
    public func measureLayingOut() -> Seconds { layOut.map { Seconds.measured($0) } ?? Seconds() }
}

/// All that goes into and comes out of one convolution's three products, with values in [−1, 1).
public struct ConvolutionOperands {
    public let shape: ConvolutionShape
    public let images: Int
    let input: AlignedFloats
    let weights: AlignedFloats
    let bias: AlignedFloats?
    let outputGradient: AlignedFloats

    /// Multiply-adds up to which plain loops are quick: a few hundredths of a second.
    private static let quickMultiplyAdds = 1 << 23

    public init(_ shape: ConvolutionShape, images: Int, hasBias: Bool) {
        self.shape = shape
        self.images = images
        input = Self.drawn(images * shape.inputCount, stream: 0)
        weights = Self.drawn(shape.weightCount, stream: 1)
        bias = hasBias ? Self.drawn(shape.outputChannels, stream: 2) : nil
        outputGradient = Self.drawn(images * shape.outputCount, stream: 3)
    }

    /// Storage for a direction's result in a layout, full of zeros.
    public func target(_ direction: ConvolutionDirection, _ layout: TensorLayout) -> AlignedFloats {
        switch direction {
        case .forward: AlignedFloats(count: layout.floats(samples: images, count: shape.outputCount))
        case .input: AlignedFloats(count: layout.floats(samples: images, count: shape.inputCount))
        case .weights: AlignedFloats(count: shape.weightCount)
        }
    }

    /// A direction's result as it is in pixels.
    public func inPixels(_ target: AlignedFloats, _ direction: ConvolutionDirection, from layout: TensorLayout) -> AlignedFloats {
        switch direction {
        case .forward: layout.inPixels(target, samples: images, count: shape.outputCount)
        case .input: layout.inPixels(target, samples: images, count: shape.inputCount)
        case .weights: target
        }
    }

    /// One product by one algorithm; that of the weights is added to what is there.
    public func run(
        _ algorithm: any ConvolutionAlgorithm, _ direction: ConvolutionDirection, _ prepared: Prepared, into target: AlignedFloats
    ) {
        let laidOut = UnsafePointer(prepared.weights?.base ?? weights.base)
        switch direction {
        case .forward:
            algorithm.forward(
                images: images, input: prepared.input.base, prepared: laidOut, bias: bias.map { UnsafePointer($0.base) },
                output: target.base, scratch: prepared.scratch.base
            ) {}
        case .input:
            algorithm.backwardInput(
                images: images, outputGradient: prepared.outputGradient.base, prepared: laidOut, inputGradient: target.base,
                scratch: prepared.scratch.base
            ) {}
        case .weights:
            let biasGradient = bias.map { AlignedFloats(count: $0.count) }
            algorithm.backwardWeights(
                images: images, input: prepared.input.base, outputGradient: prepared.outputGradient.base,
                weightGradient: target.base,
                biasGradient: biasGradient?.base, scratch: prepared.scratch.base
            ) {}
        }
    }

    /// What a direction's result should be.
    public func reference(_ direction: ConvolutionDirection) -> AlignedFloats {
        let target = target(direction, .pixels)
        guard images * shape.multiplyAdds <= Self.quickMultiplyAdds else {
            let im2col = Im2colConvolution(shape)
            run(im2col, direction, Prepared(im2col, direction, self), into: target)
            return target
        }
        switch direction {
        case .forward:
            ReferenceConvolution.forward(
                shape, images: images, input: input.base, weights: weights.base, bias: bias.map { UnsafePointer($0.base) },
                output: target.base)
        case .input:
            ReferenceConvolution.backwardInput(
                shape, images: images, outputGradient: outputGradient.base, weights: weights.base, inputGradient: target.base)
        case .weights:
            ReferenceConvolution.backwardWeights(
                shape, images: images, input: input.base, outputGradient: outputGradient.base, weightGradient: target.base,
                biasGradient: nil)
        }
        return target
    }

    private static func drawn(_ count: Int, stream: UInt32) -> AlignedFloats {
        let values = AlignedFloats(count: count)
        let generator = CounterGenerator(seed: 1, purpose: .benchmark)
        for first in stride(from: 0, to: count, by: 4) {
            let four = 2 * generator.block(UInt32(truncatingIfNeeded: first / 4), stream, 1).unitFloats - 1
            for lane in 0..<min(4, count - first) { values.base[first + lane] = four[lane] }
        }
        return values
    }
}

extension TensorLayout {
    /// Activations [samples, …] as they are in this layout.
    fileprivate func laidOut(_ activations: AlignedFloats, samples: Int) -> AlignedFloats {
        guard self == .sampleBlocks else { return activations }
        let count = activations.count / samples
        let blocks = AlignedFloats(count: floats(samples: samples, count: count))
        SampleBlocks.gather(samples: samples, count: count, from: activations.base, to: blocks.base)
        return blocks
    }

    /// Activations in this layout as [samples, count].
    fileprivate func inPixels(_ activations: AlignedFloats, samples: Int, count: Int) -> AlignedFloats {
        guard self == .sampleBlocks else { return activations }
        let pixels = AlignedFloats(count: samples * count)
        SampleBlocks.scatter(samples: samples, count: count, from: activations.base, to: pixels.base)
        return pixels
    }
}
