import Testing

import Kernels
import TestSupport

/// The update against the same recurrence in Double.
///
/// Rates, decay and scale are powers of two or sums of few, so that only the update's own operations round. One step rounds fewer than eight
/// times, each relative to at most |w| + |v| + |g|: over t steps the error of w is at most t times that of one, and that of v, which is damped
/// by the momentum m, 1/(1 − m) times.
@Suite struct GradientDescentTests {
    @Test(arguments: [
        Setting(momentum: 0, nesterov: false, decay: 0), Setting(momentum: 0, nesterov: false, decay: 0x1p-6),
        Setting(momentum: 0.875, nesterov: false, decay: 0), Setting(momentum: 0.875, nesterov: false, decay: 0x1p-6),
        Setting(momentum: 0.875, nesterov: true, decay: 0), Setting(momentum: 0.875, nesterov: true, decay: 0x1p-6),
    ])
    func followsTheRecurrence(setting: Setting) {
        var agreement = Agreement()
        for count in [1, 15, 16, 17, 64, 1_003] { check(setting, count: count, steps: 12, &agreement) }
        #expect(agreement.holds, "\(agreement)")
        #expect(agreement.compared == (1 + 15 + 16 + 17 + 64 + 1_003) * (setting.momentum == 0 ? 1 : 2))
    }

    /// Velocity that nobody asked for is neither read nor written.
    @Test func withoutMomentumVelocityIsNotTouched() {
        let workspace = Workspace()
        let weights = workspace.floats([1, 2])
        let velocity = workspace.unwritten(2)
        GradientDescent.update(
            count: 2, weights: weights, gradient: workspace.floats([4, 8]), velocity: velocity, scale: 0.5, rate: 0.25, momentum: 0,
            nesterov: false, decay: 0)
        #expect(values(weights, 2) == [0.5, 1])
        #expect(values(velocity, 2).allSatisfy(\.isNaN) && workspace.isIntact)
    }

    @Test func firstStepsByHand() {
        let workspace = Workspace()
        let (weights, velocity) = (workspace.floats([1]), workspace.floats([0]))
        for expected in [Float(0.75), 0.375] {
            GradientDescent.update(
                count: 1, weights: weights, gradient: workspace.floats([4]), velocity: velocity, scale: 0.25, rate: 0.25,
                momentum: 0.5, nesterov: false, decay: 0)
            #expect(weights[0] == expected)
        }
        #expect(velocity[0] == 1.5 && workspace.isIntact)
    }

    private func check(_ setting: Setting, count: Int, steps: Int, _ agreement: inout Agreement) {
        let (scale, rate) = (0.125, 0.25 + 0.03125)
        let workspace = Workspace()
        let start = hashedFloats(count, stream: count)
        let weights = workspace.floats(start)
        let velocity = workspace.floats([Float](repeating: 0, count: count))
        var w = start.map(Double.init)
        var v = [Double](repeating: 0, count: count)
        var largest = w.map(abs)
        for step in 0..<steps {
            let gradient = hashedFloats(count, stream: 1_000 * step + count, scale: 4)
            GradientDescent.update(
                count: count, weights: weights, gradient: workspace.floats(gradient),
                velocity: setting.momentum == 0 ? nil : velocity,
                scale: Float(scale), rate: Float(rate), momentum: Float(setting.momentum), nesterov: setting.nesterov,
                decay: Float(setting.decay))
            for i in 0..<count {
                let g = Double(gradient[i]) * scale + setting.decay * w[i]
                v[i] = setting.momentum * v[i] + g
                w[i] -= rate * (setting.nesterov ? g + setting.momentum * v[i] : v[i])
                largest[i] = max(largest[i], abs(w[i]) + abs(v[i]) + abs(g))
            }
        }
        let damping = 1 / (1 - setting.momentum)
        for i in 0..<count {
            let oneStep = 8 * Agreement.roundoff * largest[i]
            agreement.compare(Double(weights[i]), w[i], tolerance: Double(steps) * oneStep, "w[\(i)] of \(count), \(setting)")
            if setting.momentum != 0 {
                agreement.compare(Double(velocity[i]), v[i], tolerance: damping * oneStep, "v[\(i)] of \(count), \(setting)")
            }
        }
        #expect(workspace.isIntact)
    }
}

struct Setting: Sendable {
    let momentum: Double
    let nesterov: Bool
    let decay: Double
}
