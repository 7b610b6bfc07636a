import Kernels
import TestSupport

/// A shape, how many images of it, and the numbers that go in.
struct ConvolutionCase: Sendable, CustomStringConvertible {
    let shape: ConvolutionShape
    let images: Int
    let stream: Int
    var hasBias: Bool { stream % 3 != 0 }

    var description: String {
        "\(images) images of \(shape.height)×\(shape.width)×\(shape.inputChannels), kernel \(shape.kernelHeight)×\(shape.kernelWidth) to "
            + "\(shape.outputChannels), stride \(shape.stride), padding \(shape.paddingTop) and \(shape.paddingLeft), dilation "
            + "\(shape.dilation), groups \(shape.groups), to \(shape.outputHeight)×\(shape.outputWidth)"
    }

    var input: [Float] { hashedFloats(images * shape.inputCount, stream: 10 * stream) }
    var weights: [Float] { hashedFloats(shape.weightCount, stream: 10 * stream + 1) }
    var bias: [Float] { hashedFloats(shape.outputChannels, stream: 10 * stream + 2) }
    var outputGradient: [Float] { hashedFloats(images * shape.outputCount, stream: 10 * stream + 3) }

    /// Shapes drawn by a seed: strides 1–3, padding 0–3 of each side for itself, dilation 1–3, groups 1, 2 and C, even and odd kernels,
    /// images of any form. `most` are the channels of a group.
    static func drawn(_ count: Int, most: (inputs: Int, outputs: Int) = (4, 5)) -> [ConvolutionCase] {
        var cases: [ConvolutionCase] = []
        var index = 0
        while cases.count < count {
            func draw(_ range: ClosedRange<Int>, _ stream: Int) -> Int {
                range.lowerBound + hashedInteger(below: range.count, index: index, stream: stream)
            }
            index += 1
            let groupInputs = draw(1...most.inputs, 1)
            let groups = [1, 1, 2, 4][draw(0...3, 2)]
            let depthwise = draw(0...4, 3) == 0
            let (height, width, kernelHeight, kernelWidth) = (draw(1...13, 4), draw(1...13, 5), draw(1...5, 6), draw(1...5, 7))
            let (stride, dilation, top, left) = (draw(1...3, 9), draw(1...3, 11), draw(0...3, 10), draw(0...3, 13))
            let room = (
                height: height + top + draw(0...3, 14) - dilation * (kernelHeight - 1) - 1,
                width: width + left + draw(0...3, 15) - dilation * (kernelWidth - 1) - 1
            )
            guard room.height >= 0 && room.width >= 0 else { continue }
            let shape = ConvolutionShape(
                height: height, width: width, inputChannels: depthwise ? groups : groups * groupInputs,
                kernelHeight: kernelHeight, kernelWidth: kernelWidth, outputChannels: groups * draw(1...most.outputs, 8),
                stride: stride,
                dilation: dilation, groups: groups, paddingTop: top, paddingLeft: left, outputHeight: room.height / stride + 1,
                outputWidth: room.width / stride + 1)
            cases.append(ConvolutionCase(shape: shape, images: draw(1...7, 12), stream: index))
        }
        return cases
    }

    /// Shapes of real networks, and of the edges of what a kernel may tile: one pixel, one channel, 16 channels less or more one.
    static let chosen: [ConvolutionCase] = [
        .init(
            shape: .init(height: 32, width: 32, inputChannels: 3, kernelHeight: 5, kernelWidth: 5, outputChannels: 6), images: 3,
            stream: 1),
        .init(
            shape: .init(height: 14, width: 14, inputChannels: 6, kernelHeight: 5, kernelWidth: 5, outputChannels: 16), images: 5,
            stream: 2),
        .init(
            shape: .init(height: 28, width: 28, inputChannels: 1, kernelHeight: 5, kernelWidth: 5, outputChannels: 6, padding: 2),
            images: 4,
            stream: 3),
        .init(
            shape: .init(height: 1, width: 1, inputChannels: 1, kernelHeight: 1, kernelWidth: 1, outputChannels: 1), images: 1,
            stream: 4),
        .init(
            shape: .init(height: 7, width: 5, inputChannels: 16, kernelHeight: 1, kernelWidth: 1, outputChannels: 17), images: 2,
            stream: 5),
        .init(
            shape: .init(
                height: 9, width: 4, inputChannels: 15, kernelHeight: 3, kernelWidth: 2, outputChannels: 16, stride: 2, padding: 1),
            images: 3, stream: 7),
        .init(
            shape: .init(
                height: 8, width: 8, inputChannels: 17, kernelHeight: 3, kernelWidth: 3, outputChannels: 34, padding: 1, groups: 17),
            images: 2, stream: 8),
        // More weights than stay in a cache.
        .init(
            shape: .init(
                height: 9, width: 8, inputChannels: 64, kernelHeight: 3, kernelWidth: 3, outputChannels: 120, stride: 2, padding: 1),
            images: 3, stream: 11),
        .init(
            shape: .init(
                height: 3, width: 3, inputChannels: 2, kernelHeight: 3, kernelWidth: 3, outputChannels: 3, padding: 3, dilation: 3),
            images: 2, stream: 10),
    ]

    /// Channels around whole registers, each with a kernel of its own.
    static let depthwise: [ConvolutionCase] = [7, 8, 9, 16, 24, 33].enumerated().map { index, channels in
        ConvolutionCase(
            shape: .init(
                height: 9, width: 7, inputChannels: channels, kernelHeight: 3, kernelWidth: 3, outputChannels: channels,
                stride: 1 + index % 2, padding: 1, groups: channels), images: 2, stream: 20 + index)
    }
}
