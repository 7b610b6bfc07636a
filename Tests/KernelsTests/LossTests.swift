import Foundation
import Testing

import Kernels
import TestSupport

/// Label smoothing and the Euclidean loss against their formulas in Double.
@Suite struct LossTests {
    /// Σ_j t_j·(ln Σ exp z − z_j): all in Double, so the loss has the rounding of Doubles only; the gradient is rounded to Float once.
    @Test func smoothedCrossEntropyIsItsFormula() {
        var agreement = Agreement()
        for classes in [2, 3, 10, 17, 200] {
            for smoothing in [0, 0.1, 0.5, 0.99] {
                for scale in [Float(0.01), 1, 30] {
                    let logits = hashedFloats(classes, stream: classes, scale: scale)
                    let label = hashedInteger(below: classes, index: classes, stream: 2)
                    let found = run(logits, label) {
                        SoftmaxCrossEntropy.sample(classes: classes, logits: $0, label: label, smoothing: smoothing, gradient: $1)
                    }
                    let z = logits.map(Double.init)
                    let logSum = log(z.reduce(0) { $0 + exp($1) })
                    let targets = z.indices.map { smoothing / Double(classes) + ($0 == label ? 1 - smoothing : 0) }
                    let loss = zip(targets, z).reduce(0) { $0 + $1.0 * (logSum - $1.1) }
                    let place = "\(classes) classes, smoothing \(smoothing), scale \(scale)"
                    agreement.compare(found.loss, loss, tolerance: 1e-13 * (1 + Double(scale)), "loss, \(place)")
                    for j in z.indices {
                        let expected = exp(z[j] - logSum) - targets[j]
                        agreement.compare(
                            Double(found.gradient[j]), expected, tolerance: Agreement.roundoff * abs(expected) + 1e-13,
                            "gradient \(j), \(place)")
                    }
                    agreement.compare(
                        found.gradient.reduce(0) { $0 + Double($1) }, 0, tolerance: 2 * Agreement.roundoff + 1e-12, "sum, \(place)")
                }
            }
        }
        #expect(agreement.holds && agreement.compared == 5 * 4 * 3 * 2 + 4 * 3 * (2 + 3 + 10 + 17 + 200), "\(agreement)")
    }

    @Test func euclideanLossIsItsFormula() {
        #expect(euclidean([0, 1, 0], 1) == (0, [0, 0, 0]))
        #expect(euclidean([1, 0], 1) == (1, [1, -1]))
        #expect(euclidean([0.5, -0.5, 2, 1], 2) == (0.625, [0.25, -0.25, 0.5, 0.5]))
        #expect(!euclidean([.nan, 0], 1).0.isFinite && !euclidean([0, .infinity], 1).0.isFinite)
    }

    /// Central differences are exact for a square, but for the rounding of logits that are moved: steps of powers of two have none.
    @Test func euclideanGradientIsTheSlope() {
        let outputs = hashedFloats(10, stream: 5, scale: 2).map { ($0 * 256).rounded() / 256 }
        let gradient = euclidean(outputs, 7).1
        for j in outputs.indices {
            var (above, below) = (outputs, outputs)
            above[j] += 0x1p-6
            below[j] -= 0x1p-6
            let slope = (euclidean(above, 7).0 - euclidean(below, 7).0) * 0x1p5
            #expect(abs(slope - Double(gradient[j])) <= Agreement.roundoff * abs(slope) + 1e-13, "output \(j)")
        }
    }

    private func euclidean(_ outputs: [Float], _ label: Int) -> (Double, [Float]) {
        let found = run(outputs, label) { EuclideanLoss.sample(classes: outputs.count, outputs: $0, label: label, gradient: $1) }
        #expect(
            EuclideanLoss.sample(classes: outputs.count, outputs: outputs, label: label, gradient: nil).bitPattern
                == found.loss.bitPattern)
        return found
    }

    private func run(
        _ outputs: [Float], _ label: Int, _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) -> Double
    ) -> (loss: Double, gradient: [Float]) {
        let workspace = Workspace()
        let (input, gradient) = (workspace.floats(outputs), workspace.unwritten(outputs.count))
        let loss = body(input, gradient)
        let result = (loss, values(gradient, outputs.count))
        #expect(workspace.isIntact)
        return result
    }
}
