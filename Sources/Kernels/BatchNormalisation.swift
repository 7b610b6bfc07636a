/// Batch normalisation of [rows, channels], a row for every pixel of every sample. Source: Ioffe and Szegedy, ICML 2015.
///
/// Training normalises by the mean and the biased variance of a set of rows, y = γ·x̂ + β with x̂ = (x − mean)·inverse and
/// inverse = 1/√(variance + ε); evaluation by running values. Each direction is a sum over rows and then a pass over them, so that the
/// sums of several parts of the set can be added up in between. Sums are in Double; those of gradients take sixteen rows in Float at a time.
public enum BatchNormalisation {
    /// Calls `body` with the lengths of parts of at most sixteen rows, `count` in all.
    @inline(__always)
    private static func forEachSixteenRows(of count: Int, _ body: (_ rows: Int) -> Void) {
        for start in stride(from: 0, to: count, by: 16) { body(min(16, count - start)) }
    }

    /// sums ← sums + Σ(x − origin) of every channel, then Σ(x − origin)² of every channel: 2·channels Doubles. The variance
    /// that follows has an error of 2⁻⁵²·(mean − origin)²: nothing, unless the origin is some 10⁴ deviations away.
    public static func addMoments(
        rows: Int, channels: Int, input: UnsafePointer<Float>, origin: UnsafePointer<Float>, sums: UnsafeMutablePointer<Double>
    ) {
        forEachChannelBlock(rows: rows, channels: channels, lanes: 8) { first, count, c, width in
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

    /// What every value of a channel is normalised by, in a training pass; `scale` and `shift` are γ and β.
    public struct Transform {
        let mean: UnsafePointer<Float>, inverse: UnsafePointer<Float>, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>
        /// Whether a ReLU follows at once, so that Y = max(0, normalised): its own pass over memory is saved, both ways.
        let rectifies: Bool

        public init(
            mean: UnsafePointer<Float>, inverse: UnsafePointer<Float>, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>,
            rectifies: Bool = false
        ) {
            self.mean = mean
            self.inverse = inverse
            self.scale = scale
            self.shift = shift
            self.rectifies = rectifies
        }

        /// The constants of up to eight channels.
        @inline(__always)
        fileprivate func lanes(_ c: Int, width: Int) -> Lanes {
            let inverse = KernelVector(at: self.inverse + c, width: width)
            return Lanes(
                center: KernelVector(at: mean + c, width: width), inverse: inverse,
                slope: inverse * KernelVector(at: scale + c, width: width),
                offset: KernelVector(at: shift + c, width: width))
        }
    }

    fileprivate struct Lanes {
        let center: KernelVector, inverse: KernelVector, slope: KernelVector, offset: KernelVector

        @inline(__always)
        func output(_ x: KernelVector) -> KernelVector { offset.addingProduct(x - center, slope) }

        /// The gradient behind a ReLU, of what stands in front of it. The sign is taken anew from x: by the same operations, so the same.
        @inline(__always)
        func masked(_ gradient: KernelVector, _ x: KernelVector) -> KernelVector {
            gradient.replacing(with: 0, where: .!(output(x) .> 0))
        }
    }

    /// Y ← γ·(X − mean)·inverse + β, or the larger of that and 0.
    public static func normalise(
        rows: Int, channels: Int, input: UnsafePointer<Float>, _ transform: Transform, output: UnsafeMutablePointer<Float>
    ) {
        forEachChannelBlock(rows: rows, channels: channels, lanes: KernelVector.scalarCount) { first, count, c, width in
            let lanes = transform.lanes(c, width: width)
            var i = first * channels + c
            for _ in 0..<count {
                var y = lanes.output(KernelVector(at: input + i, width: width))
                // So that a NaN stays one.
                if transform.rectifies { y.replace(with: 0, where: y .< 0) }
                y.store(at: output + i, width: width)
                i += channels
            }
        }
    }

    /// sums ← sums + Σ dY of every channel, then Σ dY·x̂ of every channel: 2·channels Doubles; dY is what is in front of a ReLU.
    public static func addGradientSums(
        rows: Int, channels: Int, input: UnsafePointer<Float>, _ transform: Transform, outputGradient: UnsafePointer<Float>,
        sums: UnsafeMutablePointer<Double>
    ) {
        forEachChannelBlock(rows: rows, channels: channels, lanes: KernelVector.scalarCount) { first, count, c, width in
            let lanes = transform.lanes(c, width: width)
            var i = first * channels + c
            forEachSixteenRows(of: count) { rows in
                var sum = KernelVector()
                var products = KernelVector()
                for _ in 0..<rows {
                    let x = KernelVector(at: input + i, width: width)
                    var gradient = KernelVector(at: outputGradient + i, width: width)
                    if transform.rectifies { gradient = lanes.masked(gradient, x) }
                    sum += gradient
                    products.addProduct(gradient, (x - lanes.center) * lanes.inverse)
                    i += channels
                }
                sum.add(to: sums + c, width: width)
                products.add(to: sums + channels + c, width: width)
            }
        }
    }

    /// dβ ← dβ + Σ dY and dγ ← dγ + Σ dY·x̂, from the sums of `addGradientSums`.
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
        rows: Int, of n: Int, channels: Int, input: UnsafePointer<Float>, _ transform: Transform, sums: UnsafePointer<Double>,
        outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
    ) {
        forEachChannelBlock(rows: rows, channels: channels, lanes: KernelVector.scalarCount) { first, count, c, width in
            let lanes = transform.lanes(c, width: width)
            var meanGradient = KernelVector()
            var meanProduct = KernelVector()
            for lane in 0..<KernelVector.scalarCount where lane < width {
                meanGradient[lane] = Float(sums[c + lane] / Double(n))
                meanProduct[lane] = Float(sums[channels + c + lane] / Double(n))
            }
            var i = first * channels + c
            for _ in 0..<count {
                let x = KernelVector(at: input + i, width: width)
                var gradient = KernelVector(at: outputGradient + i, width: width)
                if transform.rectifies { gradient = lanes.masked(gradient, x) }
                gradient -= meanGradient + (x - lanes.center) * lanes.inverse * meanProduct
                (lanes.slope * gradient).store(at: inputGradient + i, width: width)
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
