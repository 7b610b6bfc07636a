/// Batch normalisation of [rows, channels], a row for every pixel of every sample. Source: Ioffe and Szegedy, ICML 2015.
///
/// Training normalises by the mean and the biased variance of a set of rows, y = γ·x̂ + β with x̂ = (x − mean)·inverse and
/// inverse = 1/√(variance + ε); evaluation by running values. Each direction is a sum over rows and then a pass over them, so that the
/// sums of several parts of the set can be added up in between. Sums are in Double.
public enum BatchNormalisation {
    /// sums ← Σ(x − origin) of every channel, then Σ(x − origin)² of every channel: 2·channels Doubles. The variance
    /// that follows has an error of 2⁻⁵²·(mean − origin)²: nothing, unless the origin is some 10⁴ deviations away.
    public static func moments(
        rows: Int, channels: Int, input: UnsafePointer<Float>, origin: UnsafePointer<Float>, sums: UnsafeMutablePointer<Double>
    ) {
        for c in 0..<2 * channels { sums[c] = 0 }
        forEachChannelBlock(rows: rows, channels: channels) { first, count, c, width in
            let center = Doubles8(load(origin + c, width: width))
            var sum = Doubles8()
            var squares = Doubles8()
            var x = input + first * channels + c
            for _ in 0..<count {
                let distance = Doubles8(load(x, width: width)) - center
                sum += distance
                squares.addProduct(distance, distance)
                x += channels
            }
            sum.add(width: width, to: sums + c)
            squares.add(width: width, to: sums + channels + c)
        }
    }

    /// Mean and biased variance of every channel, from the moments of all `rows` about `origin`.
    public static func statistics(
        rows: Int, channels: Int, origin: UnsafePointer<Float>, moments: UnsafePointer<Double>, mean: UnsafeMutablePointer<Float>,
        variance: UnsafeMutablePointer<Float>
    ) {
        for c in 0..<channels {
            let distance = moments[c] / Double(rows)
            mean[c] = Float(Double(origin[c]) + distance)
            variance[c] = Float(max(0, moments[channels + c] / Double(rows) - distance * distance))
        }
    }

    /// inverse ← 1/√(variance + ε).
    public static func invert(
        channels: Int, variance: UnsafePointer<Float>, epsilon: Float, inverse: UnsafeMutablePointer<Float>
    ) {
        for c in 0..<channels { inverse[c] = 1 / (variance[c] + epsilon).squareRoot() }
    }

    /// Y ← γ·(X − mean)·inverse + β.
    public static func normalise(
        rows: Int, channels: Int, input: UnsafePointer<Float>, mean: UnsafePointer<Float>, inverse: UnsafePointer<Float>,
        scale: UnsafePointer<Float>, shift: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
    ) {
        forEachChannelBlock(rows: rows, channels: channels) { first, count, c, width in
            let center = load(mean + c, width: width)
            let slope = load(inverse + c, width: width) * load(scale + c, width: width)
            let offset = load(shift + c, width: width)
            var i = first * channels + c
            for _ in 0..<count {
                store(offset.addingProduct(load(input + i, width: width) - center, slope), width: width, at: output + i)
                i += channels
            }
        }
    }

    /// sums ← Σ dY of every channel, then Σ dY·x̂ of every channel: 2·channels Doubles.
    public static func gradientSums(
        rows: Int, channels: Int, input: UnsafePointer<Float>, mean: UnsafePointer<Float>, inverse: UnsafePointer<Float>,
        outputGradient: UnsafePointer<Float>, sums: UnsafeMutablePointer<Double>
    ) {
        for c in 0..<2 * channels { sums[c] = 0 }
        forEachChannelBlock(rows: rows, channels: channels) { first, count, c, width in
            let center = load(mean + c, width: width)
            let slope = load(inverse + c, width: width)
            var sum = Doubles8()
            var products = Doubles8()
            var i = first * channels + c
            for _ in 0..<count {
                let gradient = load(outputGradient + i, width: width)
                sum += Doubles8(gradient)
                products += Doubles8(gradient * ((load(input + i, width: width) - center) * slope))
                i += channels
            }
            sum.add(width: width, to: sums + c)
            products.add(width: width, to: sums + channels + c)
        }
    }

    /// dβ ← dβ + Σ dY and dγ ← dγ + Σ dY·x̂, from the sums of `gradientSums`.
    public static func addParameterGradients(
        channels: Int, sums: UnsafePointer<Double>, scaleGradient: UnsafeMutablePointer<Float>,
        shiftGradient: UnsafeMutablePointer<Float>
    ) {
        for c in 0..<channels {
            shiftGradient[c] += Float(sums[c])
            scaleGradient[c] += Float(sums[channels + c])
        }
    }

    /// dX ← γ·inverse·(dY − Σ dY/n − x̂·Σ dY·x̂/n) for these `rows`, with the sums over all n rows that the statistics were taken of.
    public static func inputGradient(
        rows: Int, of n: Int, channels: Int, input: UnsafePointer<Float>, mean: UnsafePointer<Float>,
        inverse: UnsafePointer<Float>, scale: UnsafePointer<Float>, sums: UnsafePointer<Double>,
        outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
    ) {
        forEachChannelBlock(rows: rows, channels: channels) { first, count, c, width in
            let center = load(mean + c, width: width)
            let slope = load(inverse + c, width: width)
            let gain = load(scale + c, width: width) * slope
            var meanGradient = SIMD8<Float>()
            var meanProduct = SIMD8<Float>()
            for lane in 0..<width {
                meanGradient[lane] = Float(sums[c + lane] / Double(n))
                meanProduct[lane] = Float(sums[channels + c + lane] / Double(n))
            }
            var i = first * channels + c
            for _ in 0..<count {
                let normal = (load(input + i, width: width) - center) * slope
                let gradient = load(outputGradient + i, width: width) - meanGradient - normal * meanProduct
                store(gain * gradient, width: width, at: inputGradient + i)
                i += channels
            }
        }
    }

    /// Adds the moments of some rows about the running mean to the sums that the running values are updated from.
    public static func addRunningSums(
        channels: Int, moments: UnsafePointer<Double>, firstSums: UnsafeMutablePointer<Float>,
        secondSums: UnsafeMutablePointer<Float>
    ) {
        for c in 0..<channels {
            firstSums[c] += Float(moments[c])
            secondSums[c] += Float(moments[channels + c])
        }
    }

    /// running ← (1 − momentum)·running + momentum·(the whole batch's mean, and its unbiased variance), from the sums about the running
    /// mean over all `rows` of the global batch; as PyTorch, once per step.
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
