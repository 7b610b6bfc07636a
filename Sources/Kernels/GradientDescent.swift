/// One update of stochastic gradient descent over flat ranges of `count` floats, as PyTorch's `SGD` defines it:
///
///     g ← gradient · scale + decay · w
///     v ← momentum · v + g
///     w ← w − rate · (nesterov ? g + momentum · v : v)
///
/// Without momentum v is not touched and may be nil. `scale` turns the summed gradient into the mean: 1 / samples.
public enum GradientDescent {
    public static func update(
        count: Int, weights: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, velocity: UnsafeMutablePointer<Float>?,
        scale: Float, rate: Float, momentum: Float, nesterov: Bool, decay: Float
    ) {
        guard let velocity, momentum != 0 else {
            for i in 0..<count { weights[i] -= rate * (gradient[i] * scale + decay * weights[i]) }
            return
        }
        if nesterov {
            for i in 0..<count {
                let g = gradient[i] * scale + decay * weights[i]
                velocity[i] = momentum * velocity[i] + g
                weights[i] -= rate * (g + momentum * velocity[i])
            }
        } else {
            for i in 0..<count {
                velocity[i] = momentum * velocity[i] + gradient[i] * scale + decay * weights[i]
                weights[i] -= rate * velocity[i]
            }
        }
    }
}
