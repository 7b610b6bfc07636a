import Foundation
import Testing

import Kernels
import TestSupport

@Suite struct SoftmaxCrossEntropyTests {
    /// Tolerances: a logit's distance d to the largest one may be rounded to Float, which is off by u·d; an exponential taken in Float adds
    /// two units more. Both change a term of the sum by that relative amount, so the loss by at most u·(d + 4) + u·loss, and each
    /// probability likewise, relative to itself.
    @Test func agreesWithTheFormulaInDouble() {
        var agreement = Agreement()
        var cases = 0
        for classes in [1, 2, 3, 10, 16, 17, 100] {
            for scale in [Float(0.001), 1, 30, 10_000] {
                for repetition in 0..<20 {
                    let logits = hashedFloats(classes, stream: repetition, scale: scale)
                    check(logits, label: hashedInteger(below: classes, index: repetition, stream: 1), &agreement)
                    cases += 1
                }
            }
        }
        #expect(agreement.holds, "\(agreement)")
        #expect(cases == 560)
    }

    @Test func hugeLogitsNeitherOverflowNorVanish() {
        #expect(sample([1e4, -1e4], label: 0) == (0, [0, 0]))
        #expect(sample([1e4, -1e4], label: 1) == (20_000, [1, -1]))
        #expect(sample([1e4, 1e4], label: 1) == (log(2), [0.5, -0.5]))
        #expect(sample([-1e4, -1e4, -1e4, -1e4], label: 2) == (log(4), [0.25, 0.25, -0.75, 0.25]))
        #expect(sample([7], label: 0) == (0, [0]))
    }

    @Test func notFiniteLogitsGiveALossThatIsNotFinite() {
        for bad in [Float.nan, .infinity] {
            for place in 0..<3 {
                for label in 0..<3 {
                    var logits: [Float] = [0.5, -1, 2]
                    logits[place] = bad
                    #expect(!sample(logits, label: label).loss.isFinite, "\(logits), label \(label)")
                }
            }
        }
        #expect(!sample([0, -.infinity], label: 1).loss.isFinite)
        #expect(!sample([-.infinity, -.infinity], label: 0).loss.isFinite)
    }

    @Test func gradientIsOptional() {
        let logits: [Float] = [0.1, 0.2, -0.3]
        let loss = SoftmaxCrossEntropy.sample(classes: 3, logits: logits, label: 1, gradient: nil)
        #expect(loss == sample(logits, label: 1).loss)
    }

    @Test func predictionIsTheFirstOfTheLargest() {
        #expect(SoftmaxCrossEntropy.prediction(classes: 4, logits: [1, 3, 3, 2]) == 1)
        #expect(SoftmaxCrossEntropy.prediction(classes: 4, logits: [-1, -2, -3, -0.5]) == 3)
        #expect(SoftmaxCrossEntropy.prediction(classes: 1, logits: [-1]) == 0)
    }

    private func check(_ logits: [Float], label: Int, _ agreement: inout Agreement) {
        let found = sample(logits, label: label)
        let z = logits.map(Double.init)
        let largest = z.max() ?? 0
        let sum = z.reduce(0) { $0 + exp($1 - largest) }
        let loss = log(sum) + largest - z[label]
        let distance = largest - (z.min() ?? 0)
        let u = Agreement.roundoff
        let place = "\(logits.count) classes within \(distance)"
        agreement.compare(found.loss, loss, tolerance: u * (largest - z[label] + 4) + u * loss, "loss, \(place)")
        for j in logits.indices {
            let probability = exp(z[j] - largest) / sum
            let expected = probability - (j == label ? 1 : 0)
            // The subtraction of 1 rounds once more; below the least normal Float a probability loses digits.
            let tolerance = probability * u * (2 * (largest - z[j]) + 8) + u * abs(expected) + Double(Float.leastNormalMagnitude)
            agreement.compare(Double(found.gradient[j]), expected, tolerance: tolerance, "gradient \(j), \(place)")
        }
        // Probabilities sum to 1: what is left is one rounding of each and one of the subtraction.
        let total = found.gradient.reduce(0) { $0 + Double($1) }
        agreement.compare(total, 0, tolerance: u * (8 + Double(logits.count)), "sum of the gradient, \(place)")
    }

    private func sample(_ logits: [Float], label: Int) -> (loss: Double, gradient: [Float]) {
        let workspace = Workspace()
        let gradient = workspace.unwritten(logits.count)
        let loss = SoftmaxCrossEntropy.sample(
            classes: logits.count, logits: workspace.floats(logits), label: label, gradient: gradient)
        let result = (loss, values(gradient, logits.count))
        #expect(workspace.isIntact)
        return result
    }
}
