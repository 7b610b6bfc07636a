import Testing

import Kernels
import TestSupport

/// BatchNorm's kernels against plain loops in Double, element by element.
///
/// Tolerances, u = 2⁻²⁴: mean and variance are each rounded once; the mean's rounding, δ = u·|mean|, moves every distance by δ, the variance
/// by δ² (the sum of distances is 0), and x̂ = (x − mean)/σ by δ/σ. The rest are single operations: a unit for each.
@Suite struct BatchNormalisationTests {
    struct Case: Sendable, CustomStringConvertible {
        let rows: Int
        let channels: Int
        var mean: Float = 0
        var deviation: Float = 1
        var epsilon: Float = 1e-5
        var description: String { "\(rows)×\(channels), mean \(mean), deviation \(deviation), ε \(epsilon)" }

        func column(_ values: [Float], _ c: Int) -> [Double] { (0..<rows).map { Double(values[$0 * channels + c]) } }
        var input: [Float] { hashedFloats(rows * channels, stream: 31).map { mean + deviation * $0 } }
        var outputGradient: [Float] { hashedFloats(rows * channels, stream: 32) }
        var scale: [Float] { hashedFloats(channels, stream: 33).map { 1 + $0 / 2 } }
        var shift: [Float] { hashedFloats(channels, stream: 34) }
        /// As far from the values as they are from each other, and more.
        var origin: [Float] { hashedFloats(channels, stream: 35).map { mean + 64 * deviation * $0 } }
    }

    static let cases: [Case] =
        [1, 7, 8, 9, 16, 17, 33].flatMap { channels in [1, 2, 3, 12, 64, 1_000].map { Case(rows: $0, channels: channels) } } + [
            Case(rows: 500, channels: 17, mean: 1e3, deviation: 0.125), Case(rows: 64, channels: 3, mean: -1e3, deviation: 1e-2),
            Case(rows: 12, channels: 1, mean: 1e3, deviation: 1),
            Case(rows: 100, channels: 5, mean: 5, deviation: 1e-4, epsilon: 1e-3),
            Case(rows: 100, channels: 9, deviation: 1e-6), Case(rows: 100, channels: 4, mean: 3, deviation: 0),
            Case(rows: 100_000, channels: 2, mean: 10, deviation: 2),
        ]

    @Test(arguments: cases) func agreesWithPlainLoops(example: Case) {
        let (rows, channels) = (example.rows, example.channels)
        let found = Result(example)
        let u = Agreement.roundoff
        var agreement = Agreement()
        for c in 0..<channels {
            func compare(_ what: String, _ value: Float, _ expected: Double, _ tolerance: Double) {
                agreement.compare(Double(value), expected, tolerance: tolerance, "\(what) of channel \(c), \(example)")
            }
            let (x, dy) = (example.column(example.input, c), example.column(example.outputGradient, c))
            let (gamma, beta) = (Double(example.scale[c]), Double(example.shift[c]))
            let mean = x.reduce(0, +) / Double(rows)
            let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
            let inverse = 1 / (variance + Double(example.epsilon)).squareRoot()
            let delta = u * abs(mean)
            compare("mean", found.mean[c], mean, delta + 1e-30)
            // Distances are rounded to Float before they are squared, and the result is: three units.
            compare("variance", found.variance[c], variance, 3 * u * variance + delta * delta + 1e-30)
            // What the error of the variance does to 1/σ, and three operations.
            let inverseError = (delta * delta * inverse * inverse / 2 + 5 * u)
            compare("inverse", found.inverse[c], inverse, inverseError * inverse)
            // Of one x̂, absolute: its distance from the mean may be off by δ and a unit.
            let normal = x.map { ($0 - mean) * inverse }
            let normalError = normal.map { delta * inverse + (inverseError + 3 * u) * abs($0) }
            let shiftGradient = dy.reduce(0, +)
            let scaleGradient = zip(dy, normal).reduce(0) { $0 + $1.0 * $1.1 }
            let scaleError = zip(dy, zip(normal, normalError)).reduce(0) { $0 + abs($1.0) * ($1.1.1 + 16 * u * abs($1.1.0)) }
            // Sixteen rows are added in Float, fifteen additions, before they are in Double.
            let shiftError = 15 * u * dy.reduce(0) { $0 + abs($1) }
            compare("dβ", found.shiftGradient[c], 8 + shiftGradient, u * (16 + 2 * abs(shiftGradient)) + shiftError)
            compare("dγ", found.scaleGradient[c], -4 + scaleGradient, u * (8 + 2 * abs(scaleGradient)) + scaleError)
            for row in 0..<rows {
                let i = row * channels + c
                compare(
                    "y", found.output[i], gamma * normal[row] + beta,
                    3 * u * (abs(gamma * normal[row]) + abs(beta)) + abs(gamma) * normalError[row])
                let (first, second) = (shiftGradient / Double(rows), normal[row] * scaleGradient / Double(rows))
                let magnitude = abs(dy[row]) + abs(first) + abs(second)
                let secondError = (normalError[row] * abs(scaleGradient) + abs(normal[row]) * scaleError) / Double(rows)
                compare(
                    "dx", found.inputGradient[i], gamma * inverse * (dy[row] - first - second),
                    abs(gamma) * inverse * ((inverseError + 6 * u) * magnitude + secondError))
            }
        }
        #expect(agreement.holds && agreement.compared == channels * (5 + 2 * rows), "\(agreement)")
        #expect(found.isIntact, "written outside of a buffer")
    }

    /// One row is its own mean: the output is β, and nothing flows back but dβ.
    @Test func oneRowGivesItsShift() {
        let example = Case(rows: 1, channels: 17)
        let found = Result(example)
        #expect(found.output == example.shift && found.variance.allSatisfy { $0 == 0 })
        #expect(found.inputGradient.allSatisfy { $0 == 0 } && found.scaleGradient.allSatisfy { $0 == -4 })
    }

    /// All of a training pass: γ's and β's gradients are added to −4 and 8.
    private struct Result {
        let mean, variance, inverse, output, scaleGradient, shiftGradient, inputGradient: [Float]
        let isIntact: Bool

        init(_ example: Case) {
            let (rows, channels) = (example.rows, example.channels)
            let workspace = Workspace()
            let (x, dy) = (workspace.floats(example.input), workspace.floats(example.outputGradient))
            let (gamma, beta) = (workspace.floats(example.scale), workspace.floats(example.shift))
            let origin = workspace.floats(example.origin)
            let (mean, variance, inverse) = (
                workspace.unwritten(channels), workspace.unwritten(channels), workspace.unwritten(channels)
            )
            let (y, dx) = (workspace.unwritten(rows * channels), workspace.unwritten(rows * channels))
            let scaleGradient = workspace.floats([Float](repeating: -4, count: channels))
            let shiftGradient = workspace.floats([Float](repeating: 8, count: channels))
            var sums = [Double](repeating: 0, count: 2 * channels)
            sums.withUnsafeMutableBufferPointer { sums in
                guard let sums = sums.baseAddress else { return }
                BatchNormalisation.addMoments(rows: rows, channels: channels, input: x, origin: origin, sums: sums)
                BatchNormalisation.statistics(
                    rows: rows, channels: channels, origin: origin, moments: sums, mean: mean, variance: variance)
                BatchNormalisation.invert(channels: channels, variance: variance, epsilon: example.epsilon, inverse: inverse)
                let transform = BatchNormalisation.Transform(mean: mean, inverse: inverse, scale: gamma, shift: beta)
                BatchNormalisation.normalise(rows: rows, channels: channels, input: x, transform, output: y)
                sums.update(repeating: 0, count: 2 * channels)
                BatchNormalisation.addGradientSums(
                    rows: rows, channels: channels, input: x, transform, outputGradient: dy, sums: sums)
                BatchNormalisation.addParameterGradients(
                    channels: channels, sums: sums, scaleGradient: scaleGradient, shiftGradient: shiftGradient)
                BatchNormalisation.inputGradient(
                    rows: rows, of: rows, channels: channels, input: x, transform, sums: sums, outputGradient: dy,
                    inputGradient: dx)
            }
            self.mean = values(mean, channels)
            self.variance = values(variance, channels)
            self.inverse = values(inverse, channels)
            output = values(y, rows * channels)
            self.scaleGradient = values(scaleGradient, channels)
            self.shiftGradient = values(shiftGradient, channels)
            inputGradient = values(dx, rows * channels)
            isIntact = workspace.isIntact
        }
    }
}
