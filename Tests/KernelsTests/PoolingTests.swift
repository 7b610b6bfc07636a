import Testing

import Kernels
import TestSupport

@Suite struct PoolingTests {
    /// Forward picks, so it is exact; backward adds at most R·S gradients to one input.
    @Test(arguments: [false, true], [(false, TensorLayout.pixels), (true, .pixels), (true, .sampleBlocks)])
    func maxPoolingAgreesWithPlainLoops(hasTies: Bool, variant: (rectifies: Bool, layout: TensorLayout)) {
        let rectifies = variant.rectifies
        var agreement = Agreement()
        var ties = 0
        for example in PoolingCase.all {
            let x = hasTies ? example.tiedInput : example.input
            let dy = example.outputGradient
            let (y, dx) = maxPool(example, x, dy, rectifies: rectifies, layout: variant.layout)
            var expected = [Double](repeating: 0, count: x.count)
            var magnitude = expected
            for (output, window) in example.windows().enumerated() {
                // The first of the largest, row by row.
                let best = window.reduce(window[0]) { x[$1] > x[$0] ? $1 : $0 }
                if window.contains(where: { $0 != best && x[$0] == x[best] }) { ties += 1 }
                let largest = rectifies ? max(0, x[best]) : x[best]
                agreement.compare(Double(y[output]), Double(largest), tolerance: 0, "Y[\(output)] of \(example)")
                // Nothing goes back through a maximum that is not above 0.
                if rectifies && x[best] <= 0 { continue }
                expected[best] += Double(dy[output])
                magnitude[best] += Double(abs(dy[output]))
            }
            compare(dx, expected, magnitude, example, "dX", &agreement)
        }
        #expect(agreement.holds, "\(agreement)")
        #expect(PoolingCase.all.count == 154)
        #expect(!hasTies || ties > 1_000, "\(ties) ties")
    }

    @Test(arguments: [TensorLayout.pixels, .sampleBlocks]) func averagePoolingAgreesWithPlainLoops(layout: TensorLayout) {
        var agreement = Agreement()
        for example in PoolingCase.all {
            let workspace = Workspace()
            let (x, dy, shape, images) = (example.input, example.outputGradient, example.shape, example.images)
            let outputs = layout.floats(samples: images, count: shape.outputCount)
            let inputs = layout.floats(samples: images, count: shape.inputCount)
            let (output, inputGradient) = (workspace.unwritten(outputs), workspace.unwritten(inputs))
            AveragePooling.forward(
                shape, images: images, layout: layout, input: workspace.floats(laidOut(x, samples: images, layout)), output: output)
            AveragePooling.backward(
                shape, images: images, layout: layout, outputGradient: workspace.floats(laidOut(dy, samples: images, layout)),
                inputGradient: inputGradient)
            // Padding counts as zeros: the divisor is always R·S.
            let share = 1 / Double(shape.windowHeight * shape.windowWidth)
            var (expected, magnitude) = ([Double](repeating: 0, count: x.count), [Double](repeating: 0, count: x.count))
            var (sums, sumMagnitudes) = ([Double](repeating: 0, count: dy.count), [Double](repeating: 0, count: dy.count))
            for (output, window) in example.windows().enumerated() {
                for input in window {
                    sums[output] += Double(x[input]) * share
                    sumMagnitudes[output] += abs(Double(x[input])) * share
                    expected[input] += Double(dy[output]) * share
                    magnitude[input] += abs(Double(dy[output])) * share
                }
            }
            compare(inPixels(values(output, outputs), samples: images, layout), sums, sumMagnitudes, example, "Y", &agreement)
            compare(
                inPixels(values(inputGradient, inputs), samples: images, layout), expected, magnitude, example, "dX", &agreement)
            #expect(workspace.isIntact)
        }
        #expect(agreement.holds, "\(agreement)")
    }

    @Test func firstOfEqualsWins() {
        let example = PoolingCase(
            shape: .init(height: 2, width: 2, channels: 1, windowHeight: 2, windowWidth: 2, stride: 2), images: 1, stream: 0)
        #expect(maxPool(example, [3, 3, 3, 3], [5]).dx == [5, 0, 0, 0])
        #expect(maxPool(example, [1, 3, 3, 2], [5]).dx == [0, 5, 0, 0])
        #expect(maxPool(example, [-.infinity, -.infinity, -.infinity, -.infinity], [5]).dx == [5, 0, 0, 0])
    }

    /// The NaN that comes out of a window gets its gradient, unless the ReLU is part of the pooling: NaN is not above 0.
    @Test func gradientsGoToTheNotANumberThatWon() {
        let example = PoolingCase(
            shape: .init(height: 2, width: 2, channels: 1, windowHeight: 2, windowWidth: 2, stride: 2), images: 1, stream: 0)
        #expect(maxPool(example, [3, .nan, 4, 1], [5]).dx == [0, 5, 0, 0])
        #expect(maxPool(example, [3, .nan, 4, 1], [5], rectifies: true).dx == [0, 0, 0, 0])
    }

    /// Padding never wins, not even over negative values.
    @Test func paddingNeverWins() {
        let example = PoolingCase(
            shape: .init(height: 2, width: 2, channels: 1, windowHeight: 2, windowWidth: 2, stride: 1, padding: 1), images: 1,
            stream: 0)
        let (y, dx) = maxPool(example, [-4, -3, -2, -1], [Float](repeating: 1, count: 9))
        #expect(y == [-4, -3, -3, -2, -1, -1, -2, -1, -1])
        #expect(dx == [1, 2, 2, 4])
    }

    /// A NaN anywhere in a window comes out of it, so that divergence is seen; its neighbours' windows are not touched.
    @Test func notANumberIsHandedOn() {
        for example in PoolingCase.all {
            for (index, place) in [0, 1, 2].map({
                ($0, hashedInteger(below: example.input.count, index: $0, stream: example.stream))
            }) {
                var x = example.input
                x[place] = .nan
                let (y, _) = maxPool(example, x, example.outputGradient, rectifies: index == 2)
                let agrees = example.windows().enumerated().allSatisfy { output, window in y[output].isNaN == window.contains(place)
                }
                #expect(agrees, "NaN \(index) at \(place) of \(example)")
            }
        }
    }

    private func maxPool(
        _ example: PoolingCase, _ x: [Float], _ dy: [Float], rectifies: Bool = false, layout: TensorLayout = .pixels
    ) -> (y: [Float], dx: [Float]) {
        let workspace = Workspace()
        let (shape, images) = (example.shape, example.images)
        let input = workspace.floats(laidOut(x, samples: images, layout))
        let outputs = layout.floats(samples: images, count: shape.outputCount)
        let inputs = layout.floats(samples: images, count: shape.inputCount)
        let (output, inputGradient) = (workspace.unwritten(outputs), workspace.unwritten(inputs))
        // Two winners take up a float's place; the last one may begin in the middle of it.
        let winners = UnsafeMutableRawPointer(workspace.unwritten((outputs + 1) / 2))
            .advanced(by: outputs % 2 * MemoryLayout<UInt16>.stride).assumingMemoryBound(to: UInt16.self)
        MaxPooling.forward(
            shape, images: images, layout: layout, input: input, rectifies: rectifies, output: output, winners: winners)
        MaxPooling.backward(
            shape, images: images, layout: layout, winners: winners,
            outputGradient: workspace.floats(laidOut(dy, samples: images, layout)), inputGradient: inputGradient)
        let result = (
            inPixels(values(output, outputs), samples: images, layout),
            inPixels(values(inputGradient, inputs), samples: images, layout)
        )
        #expect(workspace.isIntact, "\(example): written outside of a buffer")
        return result
    }

    /// At most R·S terms, each rounded once more by the share of an average and by that share itself.
    private func compare(
        _ found: [Float], _ expected: [Double], _ magnitude: [Double], _ example: PoolingCase, _ what: String,
        _ agreement: inout Agreement
    ) {
        #expect(found.count == expected.count)
        let terms = Double(example.shape.windowHeight * example.shape.windowWidth + 2)
        for i in found.indices {
            agreement.compare(
                Double(found[i]), expected[i], tolerance: terms * Agreement.roundoff * magnitude[i], "\(what)[\(i)] of \(example)")
        }
    }
}
