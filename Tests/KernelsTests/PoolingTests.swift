import Testing

import Kernels
import TestSupport

@Suite struct PoolingTests {
    /// Forward picks, so it is exact; backward adds at most R·S gradients to one input.
    @Test(arguments: [false, true], [false, true]) func maxPoolingAgreesWithPlainLoops(hasTies: Bool, rectifies: Bool) {
        var agreement = Agreement()
        var ties = 0
        for example in PoolingCase.all {
            let x = hasTies ? example.tiedInput : example.input
            let dy = example.outputGradient
            let (y, dx) = maxPool(example, x, dy, rectifies: rectifies)
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

    @Test func averagePoolingAgreesWithPlainLoops() {
        var agreement = Agreement()
        for example in PoolingCase.all {
            let workspace = Workspace()
            let (x, dy, shape) = (example.input, example.outputGradient, example.shape)
            let (output, inputGradient) = (workspace.unwritten(dy.count), workspace.unwritten(x.count))
            AveragePooling.forward(shape, images: example.images, input: workspace.floats(x), output: output)
            AveragePooling.backward(
                shape, images: example.images, outputGradient: workspace.floats(dy), inputGradient: inputGradient)
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
            compare(values(output, dy.count), sums, sumMagnitudes, example, "Y", &agreement)
            compare(values(inputGradient, x.count), expected, magnitude, example, "dX", &agreement)
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
        _ example: PoolingCase, _ x: [Float], _ dy: [Float], rectifies: Bool = false
    ) -> (y: [Float], dx: [Float]) {
        let workspace = Workspace()
        let input = workspace.floats(x)
        let (output, inputGradient) = (workspace.unwritten(dy.count), workspace.unwritten(x.count))
        MaxPooling.forward(
            example.shape, images: example.images, input: input, rectifies: rectifies, output: output)
        MaxPooling.backward(
            example.shape, images: example.images, input: input, output: output, outputGradient: workspace.floats(dy),
            rectifies: rectifies, inputGradient: inputGradient)
        let result = (values(output, dy.count), values(inputGradient, x.count))
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
