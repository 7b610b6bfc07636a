import Testing

import Kernels
import TestSupport

/// `Linear` against plain loops in Double; tolerances as in `ConvolutionTests`.
@Suite struct LinearTests {
    @Test func agreesWithPlainLoops() {
        var agreement = Agreement()
        var cases = 0
        for samples in [1, 2, 7, 16, 17] {
            for inputs in [1, 3, 15, 16, 17, 84, 400] {
                for outputs in [1, 2, 10, 16, 33] {
                    for hasBias in [false, true] {
                        check(samples, inputs, outputs, hasBias: hasBias, stream: cases, &agreement)
                        cases += 1
                    }
                }
            }
        }
        #expect(agreement.holds, "\(agreement)")
        #expect(cases == 350)
    }

    private func check(_ samples: Int, _ inputs: Int, _ outputs: Int, hasBias: Bool, stream: Int, _ agreement: inout Agreement) {
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
        Linear.forward(
            samples: samples, inputs: inputs, outputs: outputs, input: input, weights: weights, bias: bias, output: output)
        Linear.backwardWeights(
            samples: samples, inputs: inputs, outputs: outputs, input: input, outputGradient: outputGradient,
            weightGradient: weightGradient, biasGradient: biasGradient)
        Linear.backwardInput(
            samples: samples, inputs: inputs, outputs: outputs, outputGradient: outputGradient, weights: weights,
            inputGradient: inputGradient)

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
