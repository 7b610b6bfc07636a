import Testing

import Kernels
import TestSupport

/// Fully connected layers, by every algorithm that takes them, against plain loops in Double; tolerances as in `ConvolutionTests`.
@Suite struct LinearTests {
    @Test func agreesWithPlainLoops() {
        var agreement = Agreement()
        var cases = 0
        for samples in [1, 2, 7, 16, 17] {
            for inputs in [1, 3, 15, 16, 17, 84, 400] {
                for outputs in [1, 2, 10, 16, 33] {
                    for hasBias in [false, true] {
                        for algorithm in ConvolutionChoice.candidates(for: ConvolutionShape(inputs: inputs, outputs: outputs))
                        where algorithm.layout == .pixels {
                            check(samples, algorithm, hasBias: hasBias, stream: cases, &agreement)
                            cases += 1
                        }
                    }
                }
            }
        }
        #expect(agreement.holds, "\(agreement)")
        #expect(cases >= 3 * 350)
    }

    private func check(
        _ samples: Int, _ algorithm: any ConvolutionAlgorithm, hasBias: Bool, stream: Int, _ agreement: inout Agreement
    ) {
        let (inputs, outputs) = (algorithm.shape.inputChannels, algorithm.shape.outputChannels)
        let workspace = Workspace()
        let x = hashedFloats(samples * inputs, stream: 5 * stream)
        let w = hashedFloats(inputs * outputs, stream: 5 * stream + 1)
        let b = hashedFloats(outputs, stream: 5 * stream + 2)
        let dy = hashedFloats(samples * outputs, stream: 5 * stream + 3)
        let start = hashedFloats(inputs * outputs, stream: 5 * stream + 4)
        let (input, weights, outputGradient) = (workspace.floats(x), workspace.floats(w), workspace.floats(dy))
        let bias = hasBias ? workspace.floats(b) : nil
        let (output, inputGradient) = (workspace.unwritten(samples * outputs), workspace.unwritten(samples * inputs))
        let weightGradient = workspace.floats(start)
        let biasGradient = hasBias ? workspace.floats(b) : nil
        let scratch = workspace.unwritten(max(1, algorithm.scratchCount))
        let prepared = [algorithm.forwardCount, algorithm.backwardCount].map { $0 > 0 ? workspace.unwritten($0) : weights }
        algorithm.prepareForward(weights: weights, into: prepared[0])
        algorithm.prepareBackward(weights: weights, into: prepared[1])
        algorithm.forward(
            images: samples, input: input, prepared: prepared[0], bias: bias.map { UnsafePointer($0) }, output: output,
            scratch: scratch
        ) {}
        algorithm.backwardWeights(
            images: samples, input: input, outputGradient: outputGradient, weightGradient: weightGradient,
            biasGradient: biasGradient, scratch: scratch
        ) {}
        algorithm.backwardInput(
            images: samples, outputGradient: outputGradient, prepared: prepared[1], inputGradient: inputGradient, scratch: scratch
        ) {}

        /// Compares one element with the sum of `terms`, each given as a product.
        func compare(_ found: Float, _ start: Float?, _ terms: [(Float, Float)], _ what: String) {
            let sum = terms.reduce(Double(start ?? 0)) { $0 + Double($1.0) * Double($1.1) }
            let magnitude = terms.reduce(Double(abs(start ?? 0))) { $0 + abs(Double($1.0) * Double($1.1)) }
            let tolerance = Double(terms.count + 2) * Agreement.roundoff * magnitude
            agreement.compare(Double(found), sum, tolerance: tolerance, "\(what), \(samples) samples, \(inputs) → \(outputs)")
        }
        for n in 0..<samples {
            for k in 0..<outputs {
                let terms = (0..<inputs).map { (x[n * inputs + $0], w[$0 * outputs + k]) }
                compare(output[n * outputs + k], hasBias ? b[k] : nil, terms, "Y[\(n), \(k)]")
            }
            for c in 0..<inputs {
                let terms = (0..<outputs).map { (dy[n * outputs + $0], w[c * outputs + $0]) }
                compare(inputGradient[n * inputs + c], nil, terms, "dX[\(n), \(c)]")
            }
        }
        for k in 0..<outputs {
            for c in 0..<inputs {
                let terms = (0..<samples).map { (x[$0 * inputs + c], dy[$0 * outputs + k]) }
                compare(weightGradient[c * outputs + k], start[c * outputs + k], terms, "dW[\(c), \(k)]")
            }
            if let biasGradient { compare(biasGradient[k], b[k], (0..<samples).map { (dy[$0 * outputs + k], 1) }, "dbias[\(k)]") }
        }
        #expect(workspace.isIntact)
    }
}
