import Testing

import Kernels
import TestSupport

@Suite struct ElementwiseTests {
    private static let counts = [0, 1, 15, 16, 17, 63, 64, 65, 1_001]
    private static let special: [Float] = [
        0, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 1, -1,
    ]

    @Test func rectifierKeepsWhatIsPositiveAndWhatIsNoNumber() {
        for count in Self.counts {
            let workspace = Workspace()
            let x = hashedFloats(count, stream: count)
            let output = workspace.unwritten(count)
            ReLU.forward(count: count, input: workspace.floats(x), output: output)
            #expect(values(output, count) == x.map { max($0, 0) })
            #expect(workspace.isIntact)
        }
        let workspace = Workspace()
        let inPlace = workspace.floats(Self.special)
        ReLU.forward(count: Self.special.count, input: inPlace, output: inPlace)
        for (found, given) in zip(values(inPlace, Self.special.count), Self.special) {
            #expect(given.isNaN ? found.isNaN : found == max(given, 0), "\(given) became \(found)")
        }
        #expect(workspace.isIntact)
    }

    @Test func rectifiersGradientPassesWhereTheOutputIsPositive() {
        for count in Self.counts {
            let workspace = Workspace()
            let y = hashedFloats(count, stream: count).map { max($0, 0) }
            let dy = hashedFloats(count, stream: count + 1)
            let (output, inPlace, apart) = (workspace.floats(y), workspace.floats(dy), workspace.unwritten(count))
            let expected = zip(y, dy).map { $0 > 0 ? $1 : 0 }
            ReLU.backward(count: count, output: output, outputGradient: inPlace, inputGradient: apart)
            #expect(values(apart, count) == expected)
            ReLU.backward(count: count, output: output, outputGradient: inPlace, inputGradient: inPlace)
            #expect(values(inPlace, count) == expected)
            #expect(workspace.isIntact)
        }
    }

    @Test func dropoutScalesWhatIsKeptAndZeroesTheRest() {
        for count in Self.counts {
            let workspace = Workspace()
            let x = hashedFloats(count, stream: count)
            let kept = (0..<count).map { hashedInteger(below: 3, index: $0, stream: 4) > 0 }
            let (input, output) = (workspace.floats(x), workspace.unwritten(count))
            kept.withUnsafeBufferPointer { kept in
                guard let kept = kept.baseAddress else { return }
                Dropout.apply(count: count, kept: kept, scale: 1.25, input: input, output: output)
            }
            #expect(values(output, count) == zip(x, kept).map { $1 ? $0 * 1.25 : 0 })
            #expect(workspace.isIntact)
        }
    }

    /// What is dropped is 0 whatever it was.
    @Test func dropoutDropsWhatIsNoNumber() {
        let workspace = Workspace()
        let output = workspace.unwritten(2)
        Dropout.apply(count: 2, kept: [false, true], scale: 2, input: workspace.floats([.nan, .infinity]), output: output)
        #expect(values(output, 2) == [0, .infinity])
        #expect(workspace.isIntact)
    }
}

@Suite struct AlignedFloatsTests {
    @Test func storageIsAlignedAndZero() {
        for count in [0, 1, 15, 16, 17, 1_000] {
            let floats = AlignedFloats(count: count)
            #expect(UInt(bitPattern: floats.base) % UInt(AlignedFloats.alignment) == 0)
            #expect(floats.buffer.count == count && floats.buffer.allSatisfy { $0 == 0 })
        }
    }

    @Test func roundsUpToWholeCacheLines() {
        #expect([0, 1, 16, 17, 32, 33].map(AlignedFloats.rounded) == [0, 16, 16, 32, 32, 48])
    }
}

@Suite struct AdditionTests {
    private static let counts = [0, 1, 7, 8, 9, 16, 17, 1_001]

    @Test func sumsIntoAnotherBufferAndInPlace() {
        for count in Self.counts {
            let workspace = Workspace()
            let (x, y) = (hashedFloats(count, stream: count), hashedFloats(count, stream: count + 1, scale: 4))
            let (a, b, output) = (workspace.floats(x), workspace.floats(y), workspace.unwritten(count))
            let expected = zip(x, y).map { $0 + $1 }
            Addition.forward(count: count, a, b, output: output)
            #expect(values(output, count) == expected)
            Addition.forward(count: count, a, b, output: a)
            #expect(values(a, count) == expected && values(b, count) == y)
            #expect(workspace.isIntact)
        }
    }
}

@Suite struct ChannelPaddingTests {
    @Test(arguments: [(1, 1), (1, 2), (4, 7), (16, 32), (3, 3)]) func zerosStandBehindAndTakeNoGradient(inputs: Int, outputs: Int) {
        for pixels in [0, 1, 5, 64] {
            let workspace = Workspace()
            let x = hashedFloats(pixels * inputs, stream: 1)
            let output = workspace.unwritten(pixels * outputs)
            ChannelPadding.forward(pixels: pixels, inputs: inputs, outputs: outputs, input: workspace.floats(x), output: output)
            var padded: [Float] = []
            for pixel in 0..<pixels {
                padded += x[pixel * inputs..<(pixel + 1) * inputs]
                padded += [Float](repeating: 0, count: outputs - inputs)
            }
            #expect(values(output, pixels * outputs) == padded)
            let dy = hashedFloats(pixels * outputs, stream: 2)
            let dx = workspace.unwritten(pixels * inputs)
            ChannelPadding.backward(
                pixels: pixels, inputs: inputs, outputs: outputs, outputGradient: workspace.floats(dy), inputGradient: dx)
            var kept: [Float] = []
            for pixel in 0..<pixels { kept += dy[pixel * outputs..<pixel * outputs + inputs] }
            #expect(values(dx, pixels * inputs) == kept)
            #expect(workspace.isIntact)
        }
    }
}
