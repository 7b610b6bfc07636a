/// Batch normalisation of [rows, channels], a row for every pixel of every sample of a micro-batch. Source: Ioffe and Szegedy, ICML 2015.
///
/// Training normalises by the mean and the biased variance of the rows at hand, y = γ·x̂ + β with x̂ = (x − mean) / √(variance + ε);
/// evaluation by running values. Statistics are summed in Double, in two passes.
public enum BatchNormalisation {
    /// Mean and biased variance of every channel. `sums` is scratch of `channels` Doubles.
    public static func statistics(
        rows: Int, channels: Int, input: UnsafePointer<Float>, mean: UnsafeMutablePointer<Float>,
        variance: UnsafeMutablePointer<Float>,
        sums: UnsafeMutablePointer<Double>
    ) {
        for c in 0..<channels { sums[c] = 0 }
        for row in 0..<rows {
            let x = input + row * channels
            for c in 0..<channels { sums[c] += Double(x[c]) }
        }
        for c in 0..<channels {
            mean[c] = Float(sums[c] / Double(rows))
            sums[c] = 0
        }
        for row in 0..<rows {
            let x = input + row * channels
            for c in 0..<channels {
                let distance = Double(x[c] - mean[c])
                sums[c] += distance * distance
            }
        }
        for c in 0..<channels { variance[c] = Float(sums[c] / Double(rows)) }
    }

    /// Y ← γ·(X − mean)·inverse + β, with inverse = 1/√(variance + ε).
    public static func normalise(
        rows: Int, channels: Int, input: UnsafePointer<Float>, mean: UnsafePointer<Float>, inverse: UnsafePointer<Float>,
        scale: UnsafePointer<Float>, shift: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<rows {
            let x = input + row * channels
            let y = output + row * channels
            for c in 0..<channels { y[c] = (x[c] - mean[c]) * inverse[c] * scale[c] + shift[c] }
        }
    }

    /// inverse ← 1/√(variance + ε).
    public static func invert(
        channels: Int, variance: UnsafePointer<Float>, epsilon: Float, inverse: UnsafeMutablePointer<Float>
    ) {
        for c in 0..<channels { inverse[c] = 1 / (variance[c] + epsilon).squareRoot() }
    }

    /// The gradients, with n = rows and sums over all rows:
    ///
    ///     dβ = Σ dY        dγ = Σ dY·x̂        dX = γ·inverse·(dY − dβ/n − x̂·dγ/n)
    ///
    /// dγ and dβ of this call are added to `scaleGradient` and `shiftGradient`. `sums` is scratch of 2·channels Doubles.
    public static func backward(
        rows: Int, channels: Int, input: UnsafePointer<Float>, mean: UnsafePointer<Float>, inverse: UnsafePointer<Float>,
        scale: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, scaleGradient: UnsafeMutablePointer<Float>,
        shiftGradient: UnsafeMutablePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?, sums: UnsafeMutablePointer<Double>
    ) {
        let products = sums + channels
        for c in 0..<2 * channels { sums[c] = 0 }
        for row in 0..<rows {
            let x = input + row * channels
            let dy = outputGradient + row * channels
            for c in 0..<channels {
                sums[c] += Double(dy[c])
                products[c] += Double(dy[c] * ((x[c] - mean[c]) * inverse[c]))
            }
        }
        for c in 0..<channels {
            shiftGradient[c] += Float(sums[c])
            scaleGradient[c] += Float(products[c])
        }
        guard let inputGradient else { return }
        for c in 0..<2 * channels { sums[c] /= Double(rows) }
        for row in 0..<rows {
            let x = input + row * channels
            let dy = outputGradient + row * channels
            let dx = inputGradient + row * channels
            for c in 0..<channels {
                let normalised = (x[c] - mean[c]) * inverse[c]
                dx[c] = scale[c] * inverse[c] * (dy[c] - Float(sums[c]) - normalised * Float(products[c]))
            }
        }
    }

    /// Adds this micro-batch's share of the running values' sums, taken from the running mean so that large means cancel nothing:
    /// Σ(x − running) and Σ(x − running)² = n·(variance + (mean − running)²).
    public static func addSums(
        rows: Int, channels: Int, mean: UnsafePointer<Float>, variance: UnsafePointer<Float>, runningMean: UnsafePointer<Float>,
        firstSums: UnsafeMutablePointer<Float>, secondSums: UnsafeMutablePointer<Float>
    ) {
        for c in 0..<channels {
            let distance = mean[c] - runningMean[c]
            firstSums[c] += Float(rows) * distance
            secondSums[c] += Float(rows) * (variance[c] + distance * distance)
        }
    }

    /// running ← (1 − momentum)·running + momentum·(the whole batch's mean, and its unbiased variance), from the sums over all `rows` of
    /// the global batch; as PyTorch, once per step.
    public static func updateRunning(
        rows: Int, channels: Int, momentum: Float, firstSums: UnsafePointer<Float>, secondSums: UnsafePointer<Float>,
        runningMean: UnsafeMutablePointer<Float>, runningVariance: UnsafeMutablePointer<Float>
    ) {
        let n = Double(rows)
        for c in 0..<channels {
            let distance = Double(firstSums[c]) / n
            let variance = max(0, Double(secondSums[c]) / n - distance * distance) * (rows > 1 ? n / (n - 1) : 1)
            runningMean[c] += momentum * Float(distance)
            runningVariance[c] += momentum * (Float(variance) - runningVariance[c])
        }
    }
}
